/**
 * Executes one notebook with papermill: `python notebook.py NOTEBOOK COPY NAME=VALUE…`. The copy is written also where a
 * cell fails, and the failing cell's error is then the last line, by which reports group Replicas.
 */
export const RUN_NOTEBOOK = String.raw`# Written by canfar run; see there.
import os
import re
import sys


def typed(text):
    """Numbers, truth values and None as Python knows them; 007 stays a text."""
    words = {"True": True, "False": False, "None": None}
    if text in words:
        return words[text]
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?", text):
        return float(text)
    return text


def kernel_for(notebook):
    """The kernel that the notebook names, where this image has it, else the image's Python."""
    from jupyter_client.kernelspec import KernelSpecManager
    from nbformat import read

    name = read(notebook, as_version=4).metadata.get("kernelspec", {}).get("name", "")
    has_it = name in KernelSpecManager().find_kernel_specs()
    return name if has_it and not own_environment() else "python3"


def own_environment():
    """True in an environment with the packages that the notebook itself asks for, which has the kernel for it."""
    return os.path.isdir(os.path.join(sys.prefix, "canfar-run"))


def main():
    notebook, copy, *words = sys.argv[1:]
    if "--" in words:
        if words[words.index("--") + 1 :]:
            print("canfar run: a notebook takes parameters (-p NAME=VALUE), no arguments", file=sys.stderr)
            return 2
        words = words[: words.index("--")]
    parameters = {name: typed(value) for name, _, value in (word.partition("=") for word in words)}
    try:
        import papermill
    except ImportError:
        print("canfar run: this image has no papermill to execute notebooks with", file=sys.stderr)
        return 127
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            notebook, copy, parameters=parameters, kernel_name=kernel_for(notebook), progress_bar=False, log_output=True
        )
    except PapermillExecutionError as error:
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
        print(traceback, file=sys.stderr)
        print("in cell %s of %s; executed copy: %s" % (error.exec_count, notebook, copy), file=sys.stderr)
        print(("%s: %s" % (error.ename, error.evalue)).strip().replace("\n", " "), file=sys.stderr)
        return 1
    print("canfar run: executed copy: %s" % copy, file=sys.stderr)
    return 0


def show_cells_only():
    """What cells print goes to the Session's output, as it comes; papermill's own talk does not."""
    import logging
    import warnings

    class CellOutput(logging.Filter):
        def filter(self, record):
            record.msg, record.args = record.getMessage().rstrip("\n"), None
            return not re.match(r"(Executing|Ending) Cell |(Input|Output) Notebook:|Executing notebook with", record.msg)

    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(CellOutput())
    logging.getLogger("papermill").addHandler(handler)
    logging.getLogger("papermill").setLevel(logging.INFO)
    logging.getLogger("papermill.translators").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")


if __name__ == "__main__":
    show_cells_only()
    sys.exit(main())
`;
