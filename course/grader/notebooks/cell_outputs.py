"""What one cell shows, from messages that may hold anything: outputs of known shape."""

import re
import time

KEPT_OF_FLOOD = 10_000  # characters of a flood that are shown
# What looks for progress bars in stderr would take long over a line made for that.
LONG_LINE = re.compile(r"([^\r\n]{2000})[^\r\n]+")


class Cell:
    """What one cell shows, from its messages."""

    def __init__(self, limits):
        self.limits, self.outputs, self.displays = limits, [], {}
        self.status, self.stopped = "ok", ""
        self.replied = self.idle = self.clear = False
        self.length = self.pictures = 0

    @property
    def is_done(self):
        return self.replied and self.idle

    @property
    def is_flood(self):
        return self.length > self.limits.text or self.pictures > self.limits.outputs

    def add(self, from_shell, kind, content):
        if from_shell and kind == "execute_reply":
            self.replied, self.replied_at = True, time.monotonic()
            if content.get("status") != "ok" and not self.stopped:
                self.status = "error"
        elif kind == "status":
            self.idle |= content.get("execution_state") == "idle"
        elif self.stopped:
            return  # and it is not shown, how much more there was
        elif kind == "clear_output":
            self.clear = True
            if not content.get("wait"):
                self.clear_now()
        elif kind == "update_display_data":
            if old := self.displays.get(display_id(content)):
                old["data"] = (as_output("display_data", content) or old)["data"]
        elif output := as_output(kind, content):
            self.clear_now()
            if kind == "error":
                self.status = "error"
            self.outputs.append(output)
            self.length += len(output.get("text", ""))
            self.pictures += kind != "stream"
            if name := display_id(content):
                self.displays[name] = output

    def clear_now(self):
        if self.clear:
            self.outputs.clear()
            self.displays.clear()
            self.clear = False

    def stop(self, why):
        self.stopped = self.status = why

    def report(self):
        """Return {"status", "outputs"}; of a flood, its beginning."""
        if self.status == "flooded":
            self.outputs = beginning(self.outputs, KEPT_OF_FLOOD)
        return {"status": self.status, "outputs": self.outputs}


def beginning(outputs, left):
    """Return the first outputs, with `left` characters at most."""
    kept = []
    for output in outputs:
        if output["output_type"] == "stream":
            output["text"] = output["text"][:left]
        left -= len(output.get("text", "")) + sum(map(len, output.get("data", {}).values()))
        if left < 0:
            break
        kept.append(output)
    return kept


# Outputs of known shape


def as_output(kind, content):
    """Return a message as an output of a notebook, with texts alone in it; None if it is none.

    Widgets, progress bars among them, show nothing.
    """
    if kind == "stream" and content.get("name") in ("stdout", "stderr"):
        text = plain(content.get("text"))
        if content["name"] == "stderr":
            text = LONG_LINE.sub(r"\1", text)
        return {"output_type": kind, "name": content["name"], "text": text}
    if kind == "error":
        lines = content.get("traceback")
        lines = [plain(line)[:5000] for line in lines[-50:]] if isinstance(lines, list) else []
        name, value = (plain(content.get(key))[:2000] for key in ("ename", "evalue"))
        return {"output_type": kind, "ename": name, "evalue": value, "traceback": lines}
    if kind in ("display_data", "execute_result") and isinstance(content.get("data"), dict):
        found = content["data"].items()
        if "application/vnd.jupyter.widget-view+json" in content["data"]:
            return None
        data = {plain(mime)[:100]: plain(one) for mime, one in found if isinstance(one, str)}
        return {"output_type": kind, "data": data, "metadata": {}}
    return None


def plain(text):
    """Return a text without halves of surrogate pairs, "" for anything else."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def display_id(content):
    transient = content.get("transient")
    name = transient.get("display_id") if isinstance(transient, dict) else None
    return name if isinstance(name, str) else None
