import Testing

@testable import KubernetesClient

@Suite("Access from inside a cluster, and through a named URL")
struct ClusterAccessTests {
    private func serviceAccount() throws -> TemporaryDirectory {
        let directory = try TestCertificates().directory
        try directory.write("token", " secret\n")
        try directory.write("ca.crt", String(decoding: directory.read("ca.crt"), as: UTF8.self))
        return directory
    }

    @Test(
        "The environment names the API server, IPv6 included",
        arguments: [
            ("10.96.0.1", "10.96.0.1:443"), ("fd00::1", "[fd00::1]:443"),
            ("kubernetes.default", "kubernetes.default:443"),
        ])
    func inCluster(_ host: String, _ authority: String) throws {
        let directory = try serviceAccount()
        let access = try ClusterAccess.inCluster(
            environment: ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"], directory: directory.path)
        #expect(access.server.authority == authority)
        #expect(access.server.isSecure)
        #expect(access.credential == .tokenFile("\(directory.path)/token"))
        #expect(access.authority == .file("\(directory.path)/ca.crt"))
    }

    @Test("Without the environment, the files or a token there is no access")
    func notInCluster() throws {
        let environment = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        #expect(throws: ClusterAccessError(.notInCluster, "")) { try ClusterAccess.inCluster(environment: [:]) }
        let empty = try TemporaryDirectory()
        #expect(throws: ClusterAccessError(.unreadableFile, "")) {
            try ClusterAccess.inCluster(environment: environment, directory: empty.path)
        }
        let directory = try serviceAccount()
        try directory.write("token", "\n")
        #expect(throws: ClusterAccessError(.emptyToken, "")) {
            try ClusterAccess.inCluster(environment: environment, directory: directory.path)
        }
        try directory.write("ca.crt", "no certificate")
        #expect(throws: ClusterAccessError(.invalidCertificate, "")) {
            try ClusterAccess.inCluster(environment: environment, directory: directory.path)
        }
        #expect(throws: ClusterAccessError(.invalidServer, "")) {
            try ClusterAccess.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "x/y", "KUBERNETES_SERVICE_PORT": "443"],
                directory: directory.path)
        }
    }

    @Test("A URL alone, and a URL with certificates")
    func endpoint() throws {
        #expect(try ClusterAccess.endpoint(url: "http://127.0.0.1:8080").server.isSecure == false)
        #expect(try ClusterAccess.endpoint(url: "127.0.0.1:8080").server.isSecure == false)
        let files = try TestCertificates()
        let access = try ClusterAccess.endpoint(
            url: "127.0.0.1:6443", certificate: files.path("client.crt"), key: files.path("client.key"),
            authority: files.path("ca.crt"))
        #expect(access.server.isSecure)
        #expect(throws: ClusterAccessError(.incompleteCertificate, "")) {
            try ClusterAccess.endpoint(url: "https://x", certificate: files.path("client.crt"))
        }
        #expect(throws: ClusterAccessError(.invalidCertificate, "")) {
            try ClusterAccess.endpoint(
                url: "https://x", certificate: files.path("client.crt"), key: files.path("client.crt"))
        }
        #expect(throws: ClusterAccessError(.unreadableFile, "")) {
            try ClusterAccess.endpoint(url: "https://x", authority: files.path("missing"))
        }
        #expect(throws: ClusterAccessError(.invalidServer, "")) { try ClusterAccess.endpoint(url: "ftp://x") }
    }
}

@Suite("The address of an API server")
struct ServerAddressTests {
    @Test(
        "URLs",
        arguments: [
            ("https://k8s.example.net", "https://k8s.example.net:443/p"), ("HTTP://k8s", "http://k8s:80/p"),
            ("https://10.0.0.1:6443/", "https://10.0.0.1:6443/p"), ("https://[fd00::1]", "https://[fd00::1]:443/p"),
            ("https://[fd00::1]:6443/k8s/c-1//", "https://[fd00::1]:6443/k8s/c-1/p"), ("host:1", "https://host:1/p"),
        ])
    func urls(_ text: String, _ url: String) throws {
        #expect(try #require(ServerAddress(text)).url(path: "/p", query: []) == url)
    }

    @Test(
        "What is no such URL is none",
        arguments: [
            "", "https://", "ftp://x", "https://:443", "https://x:0", "https://x:65536", "https://x:y", "https://u:p@x",
            "https://x?q", "https://x#f", "https://[::1", "https://[x]:1", "https://[::1]x", "https://a b",
            "https://[10.0.0.1]",
        ])
    func malformed(_ text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test("RFC 3986 §2.1: names and values of a query are encoded, and so is a namespace in a path")
    func query() {
        let server = ServerAddress(isSecure: true, host: "h", port: 1)
        let selection = ResourceSelection(namespace: "a/b", labels: "app in (a, b),tier!=x", fields: "status.phase!=Ü")
        let request = selection.watchRequest(of: Pod.endpoint, resourceVersion: "7", timeout: .seconds(300))
        #expect(
            server.url(path: request.path, query: request.query)
                == "https://h:1/api/v1/namespaces/a%2Fb/pods?labelSelector=app%20in%20%28a%2C%20b%29%2Ctier%21%3Dx"
                + "&fieldSelector=status.phase%21%3D%C3%9C&watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300"
        )
    }

    @Test("The paths of the kinds")
    func paths() {
        #expect(Service.endpoint.path(namespace: nil) == "/api/v1/services")
        #expect(Namespace.endpoint.path(namespace: "x") == "/api/v1/namespaces")
        #expect(EndpointSlice.endpoint.path(namespace: "x") == "/apis/discovery.k8s.io/v1/namespaces/x/endpointslices")
        let list = ResourceSelection.all.listRequest(of: Service.endpoint, pageSize: 500, continueToken: "t")
        #expect(list.query.map { "\($0.name)=\($0.value)" } == ["limit=500", "continue=t"])
    }
}
