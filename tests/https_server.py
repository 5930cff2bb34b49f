"""A server on this machine that speaks https, for notebooks that fetch the course from it."""

import contextlib
import datetime
import functools
import http.server
import ipaddress
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def write_certificate(path):
    """Write a certificate for 127.0.0.1, which nobody else trusts, and its key; return the path."""
    key, day = ec.generate_private_key(ec.SECP256R1()), datetime.timedelta(days=1)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now, form = datetime.datetime.now(datetime.UTC), serialization.Encoding.PEM
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    made = made.add_extension(here, False).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(form) + secret)
    return path


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files; /to-http.zip leads away from https."""

    def do_GET(self):
        if self.path != "/to-http.zip":
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:9/course.zip")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(folder, certificate):
    """Serve a folder; give its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
