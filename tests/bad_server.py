"""An HTTP server with the faults of real ones: the first part of a URL's path says which."""

import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.requests.append(asked)
        mode = self.path.split("/")[1]
        if mode == "404" or (mode == "503" and len(self.server.requests) <= self.server.busy):
            self.send_error(int(mode))
            return
        body = self.server.archive
        if mode == "corrupt":
            body = body[:1000] + bytes([body[1000] ^ 1]) + body[1001:]
        elif mode == "short-file":
            body = body[:-1000]
        elif mode == "long-file":
            body += b"x" * 1000
        begin = int(asked[6:-1]) if asked and mode != "no-range" else 0
        if begin >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        if mode == "truncate":
            self.wfile.write(body[begin:100_000])  # never anything beyond
        elif mode == "pieces":
            self.wfile.write(body[begin : begin + 50_000])
        elif mode == "stall":
            self.wfile.write(body[begin : len(body) // 2])
            self.server.released.wait(30)
        else:
            self.wfile.write(body[begin:])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, archive):
        super().__init__(("127.0.0.1", 0), Handler)
        self.archive = archive
        self.requests = []  # the Range of each, or None
        self.busy = 10**9  # so many requests are answered with 503, where that is asked for
        self.released = threading.Event()  # lets stalled answers go on

    def handle_error(self, request, client_address):
        pass  # clients that were killed

    def url(self, mode):
        return f"http://127.0.0.1:{self.server_address[1]}/{mode}/cifar-10-python.tar.gz"
