import Foundation
import Glibc
import Testing

@testable import KubernetesClient

@Suite("kubeconfig files")
struct KubeconfigTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func yaml(user: String, cluster: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: main
        preferences: {}
        clusters:
        - name: c1
          cluster:
            server: https://10.0.0.1:6443
        \(cluster.isEmpty ? "" : "    " + cluster)
        - name: c2
          cluster: {server: "http://[::1]:8080"}
        contexts:
        - name: main
          context: {cluster: c1, user: u1, namespace: x}
        - name: other
          context: {cluster: c2}
        - name: astray
          context: {cluster: c9, user: u1}
        - name: nobody
          context: {cluster: c1, user: u9}
        users:
        - name: u1
          user: {\(user)}
        """
    }

    private func access(user: String, cluster: String = "", context: String? = nil) throws -> ClusterAccess {
        let path = try files.directory.write("config", yaml(user: user, cluster: cluster))
        return try ClusterAccess.kubeconfig(path: path, context: context)
    }

    @Test("A token, in the file or in a file beside it; the file wins")
    func tokens() throws {
        try files.directory.write("tok", "t2\n")
        #expect(try access(user: "token: abc").credential == .token("abc"))
        #expect(try access(user: "token: 12345").credential == .token("12345"))
        #expect(try access(user: "tokenFile: tok, token: abc").credential == .tokenFile("\(files.directory.path)/tok"))
        #expect(try access(user: "").credential == .none)
    }

    @Test("Certificates as files relative to the kubeconfig, or as base64; the data wins")
    func certificates() throws {
        let relative = try access(
            user: "client-certificate: client.crt, client-key: \(files.path("client.key"))",
            cluster: "certificate-authority: ca.crt")
        #expect(
            relative.certificate == .init(chain: .file(files.path("client.crt")), key: .file(files.path("client.key"))))
        #expect(relative.authority == .file(files.path("ca.crt")))
        let chain = try files.directory.read("client.crt")
        let key = try files.directory.read("client.key")
        let inline = try access(
            user:
                "client-certificate-data: \(chain.base64EncodedString()), client-key-data: \(key.base64EncodedString()), client-key: x",
            cluster: "certificate-authority-data: \(try files.directory.read("ca.crt").base64EncodedString())")
        #expect(inline.certificate == .init(chain: .bytes(Array(chain)), key: .bytes(Array(key))))
        #expect(inline.authority == .bytes(Array(try files.directory.read("ca.crt"))))
    }

    @Test("The options of a cluster")
    func options() throws {
        #expect(try access(user: "", cluster: "insecure-skip-tls-verify: true").skipsVerification)
        #expect(try access(user: "", cluster: "tls-server-name: api.test").serverName == "api.test")
    }

    @Test("A named context, and the current one")
    func contexts() throws {
        #expect(try access(user: "").server.authority == "10.0.0.1:6443")
        #expect(try access(user: "", context: "other").server.authority == "[::1]:8080")
    }

    @Test("JSON is read as well")
    func json() throws {
        let path = try files.directory.write(
            "config.json",
            #"{"clusters":[{"name":"c","cluster":{"server":"https://h:1"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],"#
                + #""users":[{"name":"u","user":{"token":"t"}}],"current-context":"x"}"#)
        #expect(try ClusterAccess.kubeconfig(path: path).credential == .token("t"))
    }

    @Test(
        "A reference that leads nowhere is an error",
        arguments: [
            ("nowhere", .unknownContext), ("", .unknownContext), ("astray", .unknownCluster), ("nobody", .unknownUser),
        ] as [(String, ClusterAccessError.Code)])
    func references(_ context: String, _ code: ClusterAccessError.Code) {
        #expect(throws: ClusterAccessError(code, "")) { try access(user: "", context: context) }
    }

    @Test(
        "What we can not do is an error, not ignored",
        arguments: [
            ("exec: {command: aws}", "", "exec"), ("auth-provider: {name: gcp}", "", "auth-provider"),
            ("username: u, password: p", "", "username"), ("as: root", "", "as"),
            ("", "proxy-url: http://p", "proxy-url"),
        ])
    func unsupported(_ user: String, _ cluster: String, _ field: String) throws {
        let error = #expect(throws: ClusterAccessError(.unsupportedOption, "")) {
            try access(user: user, cluster: cluster)
        }
        #expect(error?.cause.contains(" \(field) is not supported") == true)
    }

    @Test(
        "Other mistakes",
        arguments: [
            ("tokenFile: missing", "", .unreadableFile), ("client-certificate: client.crt", "", .incompleteCertificate),
            ("client-key-data: '%%%', client-certificate: client.crt", "", .invalidCertificate),
            ("", "certificate-authority-data: aGVsbG8=", .invalidCertificate),
        ] as [(String, String, ClusterAccessError.Code)])
    func mistakes(_ user: String, _ cluster: String, _ code: ClusterAccessError.Code) {
        #expect(throws: ClusterAccessError(code, "")) { try access(user: user, cluster: cluster) }
    }

    @Test("A pipe, a device without an end and a file beyond all measure are no kubeconfig, and hold nobody up")
    func noFile() throws {
        let folder = try TemporaryDirectory()
        try #require(unsafe mkfifo("\(folder.path)/pipe", 0o600) == 0)
        try folder.write("large", String(repeating: "a: [],", count: 1 << 18))
        for path in ["\(folder.path)/pipe", "/dev/zero", folder.path, "\(folder.path)/large"] {
            let error = #expect(throws: ClusterAccessError.self) { try ClusterAccess.kubeconfig(path: path) }
            #expect(error?.code == .unreadableFile)
        }
    }

    @Test("What is no kubeconfig is an error", arguments: ["", "[1, 2", "hello", "clusters: 7", "\u{0}"])
    func malformed(_ text: String) throws {
        let path = try files.directory.write("broken", text)
        let error = #expect(throws: ClusterAccessError.self) { try ClusterAccess.kubeconfig(path: path) }
        #expect([.malformedKubeconfig, .unknownContext].contains(error?.code))
        #expect(throws: ClusterAccessError(.unreadableFile, "")) {
            try ClusterAccess.kubeconfig(path: files.path("missing"))
        }
    }
}
