"""Says which Replica it is, where it runs, and what it was given: the smallest batch there is."""

import os
import socket
import sys

replica = os.environ.get("REPLICA_ID", "1")
count = os.environ.get("REPLICA_COUNT", "1")
print(f"replica {replica} of {count} on {socket.gethostname()}: {' '.join(sys.argv[1:])}".rstrip(" :"))
