"""A cluster that is made up, and an API server that lists and watches it: HTTP and JSON on 127.0.0.1."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

VERSION = "1000"
KINDS = {
    "/api/v1/namespaces": ("v1", "Namespace"),
    "/api/v1/services": ("v1", "Service"),
    "/api/v1/pods": ("v1", "Pod"),
    "/apis/discovery.k8s.io/v1/endpointslices": ("discovery.k8s.io/v1", "EndpointSlice"),
}
ENDPOINTS_PER_SERVICE = 10


def service_name(number):
    return f"service-{number}.load.svc.cluster.local."


def _address(first, number):
    return f"{first}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def objects(services):
    """The objects by API path: services of one namespace, each with a slice of ten endpoints."""
    def metadata(name, **more):
        return {"name": name, "namespace": "load", "resourceVersion": "1", "uid": f"uid-{name}", **more}

    port = {"name": "http", "port": 80, "protocol": "TCP"}
    service_list, slices = [], []
    for number in range(services):
        name, address = f"service-{number}", _address(10, (96 << 16) + number + 1)
        service_list.append({
            "metadata": metadata(name),
            "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "ports": [port]}})
        endpoints = [{
            "addresses": [_address(11, number * ENDPOINTS_PER_SERVICE + index + 1)], "conditions": {"ready": True},
            "targetRef": {"kind": "Pod", "name": f"{name}-{index}", "namespace": "load"},
        } for index in range(ENDPOINTS_PER_SERVICE)]
        slices.append({
            "metadata": metadata(f"{name}-slice", labels={"kubernetes.io/service-name": name}),
            "addressType": "IPv4", "endpoints": endpoints, "ports": [port]})
    namespace = {"metadata": {"name": "load", "resourceVersion": "1", "uid": "uid-load"}}
    return {
        "/api/v1/namespaces": [namespace], "/api/v1/services": service_list, "/api/v1/pods": [],
        "/apis/discovery.k8s.io/v1/endpointslices": slices,
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing: the measurement has the terminal."""

    def do_GET(self):
        url = urlsplit(self.path)
        options = {key: values[-1] for key, values in parse_qs(url.query).items()}
        if url.path == "/version":
            return self._send({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
        if url.path not in KINDS:
            return self._send({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}, 404)
        version, kind = KINDS[url.path]
        items = self.server.objects[url.path]
        if options.get("watch") in ("1", "true"):
            return self._watch(items, version, kind, options)
        first, limit = int(options.get("continue") or 0), int(options.get("limit") or 0)
        page = items[first:first + limit] if limit else items
        metadata = {"resourceVersion": VERSION}
        if first + len(page) < len(items):
            metadata["continue"] = str(first + len(page))
        return self._send({"kind": kind + "List", "apiVersion": version, "metadata": metadata, "items": page})

    def _send(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _event(self, kind, value):
        line = json.dumps({"type": kind, "object": value}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _watch(self, items, version, kind, options):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        frame = {"kind": kind, "apiVersion": version}
        try:
            if options.get("sendInitialEvents") == "true":
                for item in items:
                    self._event("ADDED", {**item, **frame})
                annotations = {"k8s.io/initial-events-end": "true"}
                self._event(
                    "BOOKMARK", {**frame, "metadata": {"resourceVersion": VERSION, "annotations": annotations}})
            self.wfile.flush()
            self.server.ended.wait(float(options.get("timeoutSeconds") or 600))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True


class APIServer:
    """The stand-in; its threads end with it."""

    def __init__(self, services):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.objects = objects(services)
        self._server.ended = threading.Event()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def kubeconfig(self):
        return json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "load",
            "clusters": [{
                "name": "load", "cluster": {"server": f"http://127.0.0.1:{self._server.server_address[1]}"}}],
            "users": [{"name": "load", "user": {}}],
            "contexts": [{"name": "load", "context": {"cluster": "load", "user": "load"}}]})

    def end(self):
        self._server.ended.set()
        self._server.shutdown()
        self._server.server_close()
