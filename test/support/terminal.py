"""Runs a program at a pseudo-terminal, as a person would.

    terminal.py '[["text to wait for", "keys to press"], ...]' program argument ...

Prints what the terminal showed and the program's status, as JSON. Gives up after a minute.
"""

import json
import os
import pty
import re
import select
import signal
import sys
import time


def plain(shown):
    """The text without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace"))


steps = json.loads(sys.argv[1])
end = time.monotonic() + 60
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = b""
seen = 0
while time.monotonic() < end:
    text = plain(shown)
    if steps and (at := text.find(steps[0][0], seen)) >= 0:
        seen = at + len(steps[0][0])
        os.write(terminal, steps.pop(0)[1].encode())
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:  # Linux reports the end of a terminal as an error
        break
    if not part:
        break
    shown += part
else:
    os.kill(child, signal.SIGKILL)

status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"status": status, "shown": plain(shown), "unused": steps}))
