"""Programs that wait for lines on standard input and answer each with a line of JSON."""

import json
import subprocess
import tempfile


class WorkerFailure(Exception):
    pass


class Worker:
    """Starts a program and waits until it is ready; `about` is what it says of itself then."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment, text=True
        )
        self.about = self._answer()

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        tail = self.errors.read().decode(errors="replace").strip().splitlines()[-6:]
        raise WorkerFailure(f"{self.name} ended with status {self.process.returncode}: " + "\n".join(tail))
