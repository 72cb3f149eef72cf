from pathlib import Path
def write_report(out, about, result, checks, elapsed):
    return Path(out)
