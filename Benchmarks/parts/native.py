"""The bench's own C programs, compiled when they are needed."""
import os
import subprocess

from .processes import Failure

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def build(name, folder):
    """Compiles NAME/NAME.c into the folder; gives the program's path."""
    path = os.path.join(folder, name)
    source = os.path.join(HERE, name, f"{name}.c")
    command = ["cc", "-O2", "-Wall", "-Wextra", "-pthread", "-o", path, source]
    try:
        built = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Failure("there is no C compiler (Debian: apt-get install gcc libc6-dev)") from error
    if built.returncode != 0:
        raise Failure(f"{name} does not compile:\n{built.stderr}")
    return path
