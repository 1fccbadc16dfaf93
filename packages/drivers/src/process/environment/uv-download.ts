/**
 * Fetches uv's wheel from the package index and unpacks the program: for a Python without pip. In Python, because its
 * standard library follows the machine's proxies and certificates as pip would. Prints nothing when all went well.
 *
 * Arguments: index, wheel's file name, its SHA-256, target file.
 */
export const UV_DOWNLOAD = `
import hashlib, html.parser, io, os, sys, urllib.parse, urllib.request, zipfile

index, file, sha256, target = sys.argv[1:]

class Links(html.parser.HTMLParser):
    found = None
    def handle_starttag(self, tag, attributes):
        address = dict(attributes).get("href") or ""
        if urllib.parse.unquote(urllib.parse.urlparse(address).path).endswith("/" + file):
            self.found = address

def fetch(address):
    request = urllib.request.Request(address, headers={"Accept": "text/html", "User-Agent": "canfar"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.geturl(), answer.read()

page, text = fetch(index.rstrip("/") + "/uv/")
links = Links()
links.feed(text.decode("utf-8", "replace"))
if links.found is None:
    sys.exit("The package index does not have " + file)
_, wheel = fetch(urllib.parse.urljoin(page, links.found))
if hashlib.sha256(wheel).hexdigest() != sha256:
    sys.exit("The package index gave a file that is not " + file)
archive = zipfile.ZipFile(io.BytesIO(wheel))
[member] = [name for name in archive.namelist() if name.endswith(".data/scripts/uv")]
with open(target, "wb") as program:
    program.write(archive.read(member))
os.chmod(target, 0o755)
`;
