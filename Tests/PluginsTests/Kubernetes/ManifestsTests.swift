import Basics
import FoundationEssentials
import Glibc
import KubernetesClient
import Logging
import Testing

@testable import Plugins

@Suite("Manifests")
struct ManifestsTests {
    private static let service = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec:
          clusterIP: 10.96.0.20
          clusterIPs: [10.96.0.20]
          ports: [{name: http, port: 80, targetPort: web}]

        """

    @Test("Several documents, lists and JSON are read; kinds without a use are passed over")
    func forms() throws {
        let text =
            "---\n" + Self.service + """
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                ---
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: Namespace, metadata: {name: empty}}
                - {apiVersion: v1, kind: Pod, metadata: {name: p}, status: {podIP: 10.0.0.1, phase: Running}}
                ---
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSliceList", "items": [{
                  "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
                  "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}],
                  "endpoints": [{"addresses": ["10.0.0.2"], "conditions": {"ready": true}, "hostname": "web-0"}]}]}
                ---
                """
        let manifests = try Manifests(parsing: text)
        #expect(manifests.services.map(\.metadata.key.description) == ["shop/web"])
        #expect(manifests.services.first?.clusterIPs.map(\.description) == ["10.96.0.20"])
        #expect(manifests.slices.first?.serviceName == "web" && manifests.slices.first?.endpoints.count == 1)
        #expect(manifests.pods.map(\.metadata.key.description) == ["default/p"])
        #expect(manifests.completed.namespaces.map(\.metadata.name) == ["default", "shop", "empty"])
    }

    @Test("Of two objects with one name the later one counts")
    func duplicates() throws {
        var all = try Manifests(parsing: Self.service)
        all.add(try Manifests(parsing: Self.service.replacing("10.96.0.20", with: "10.96.0.21")))
        #expect(all.completed.services.map { $0.clusterIPs.map(\.description) } == [["10.96.0.21"]])
    }

    @Test(
        "A mistake is named with its document",
        arguments: [
            ("a: [", "1:"), ("kind: Service\nmetadata: {}\n", "document 1: Service"),
            ("- a\n- b\n", "document 1: not an object"), ("a: b\n", "document 1: an object without kind"),
            ("kind: Namespace\nmetadata: {name: a}\n---\nkind: Pod\nmetadata: {name: [a]}\n", "document 2: Pod"),
            (
                "kind: Service\nmetadata: {name: a}\nspec: {ports: 80}\n", "document 1: Service 'a': spec.ports"
            ),
        ])
    func mistakes(_ text: String, _ expected: String) {
        do {
            _ = try Manifests(parsing: text)
            Issue.record("no mistake found")
        } catch {
            #expect(error.description.contains(expected), "\(error)")
        }
    }

    @Test("An empty file says nothing", arguments: ["", "\n", "---\n", "# only a comment\n", "---\n---\n"])
    func empty(_ text: String) throws {
        #expect(try Manifests(parsing: text) == Manifests())
    }

    // MARK: Hostile ones

    @Test("Aliases may be used, and may not stand for more than a file of the size could say", arguments: [2, 400])
    func aliases(_ times: Int) throws {
        let text = """
            a: &addresses [\(Array(repeating: "10.0.0.1", count: times).joined(separator: ","))]
            kind: EndpointSlice
            metadata: {name: a}
            addressType: IPv4
            b: [&endpoint {addresses: *addresses}]
            endpoints: [\(Array(repeating: "*endpoint", count: times).joined(separator: ","))]
            """
        let manifests = Result { try Manifests(parsing: text) }
        if times == 2 {
            #expect(try manifests.get().slices.first?.endpoints.map(\.addresses.count) == [2, 2])
        } else {
            let mistake = #expect(throws: Manifests.Mistake.self) { try manifests.get() }
            #expect(mistake?.description == "document 1: its aliases stand for too much")
        }
    }

    @Test("A bomb of aliases goes off nowhere: where it is passed over, and where it is wanted")
    func bomb() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1...40 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ","))]\n"
        }
        #expect(try Manifests(parsing: text + "kind: ConfigMap\n") == Manifests())
        #expect(throws: Manifests.Mistake.self) {
            try Manifests(parsing: text + "kind: Service\nmetadata: {name: a}\nspec: {ports: *a40}\n")
        }
    }

    @Test("Too many documents, and one of too many parts, are refused before they are trees")
    func tooMuch() throws {
        let service = "---\nkind: Service\nmetadata: {name: a}\n"
        #expect(try Manifests(parsing: String(repeating: service, count: 200)).services.count == 200)
        let many = #expect(throws: Manifests.Mistake.self) {
            try Manifests(parsing: String(repeating: "---\n", count: 100_000))
        }
        #expect(many?.description == "more than 10000 documents")
        let large = #expect(throws: Manifests.Mistake.self) {
            try Manifests(parsing: "---\na: b\n---\n[" + String(repeating: "[],", count: 300_000) + "]")
        }
        #expect(large?.description == "document 2 is too large")
    }

    @Test(
        "What a mistake quotes is clipped",
        arguments: ["a: [\(String(repeating: "x", count: 1 << 20))", "kind: Service\n? "])
    func longMistake(_ text: String) throws {
        let name = String(repeating: "y", count: 1 << 20)
        let mistake = #expect(throws: Manifests.Mistake.self) {
            try Manifests(parsing: text + "\nmetadata: {name: \(name)}\nspec: 7\n")
        }
        #expect((1..<600).contains(mistake?.description.utf8.count ?? 0))
    }

    @Test("A pipe in the folder is no manifest, and services without an address are told of only so often")
    func pipe() throws {
        let files = try Folder()
        try #require(unsafe mkfifo("\(files.path)/pipe.yaml", 0o600) == 0)
        let log = LogRecorder()
        let folder = Scanner(files, log)
        #expect(!folder.scan())
        let services = (0..<100).map { "---\nkind: Service\nmetadata: {name: s\($0)}\n" }.joined()
        try files.write(services, "many.yaml")
        #expect(folder.scan())
        #expect(log.lines.count == 11 && log.lines.last?.contains("and so have 90 other services") == true)
    }

    // MARK: The folder

    /// A folder that is removed with its owner.
    private final class Folder {
        let path = "/tmp/needletail-test-manifests-\(UInt64.random(in: 0...UInt64.max))"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Takes the file's place at once, so that its inode changes even when its time does not.
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"), options: .atomic)
        }

        func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }

    /// Looks through a folder again and again.
    private final class Scanner {
        private var folder: ManifestFolder

        init(_ files: Folder, _ log: LogRecorder) { folder = ManifestFolder(files.path, logger: log.logger) }

        func scan() -> Bool { folder.scan() }

        var services: [String] {
            folder.manifests.services.map { "\($0.metadata.key) \($0.clusterIPs)" }.sorted()
        }
    }

    @Test("Files that are new, changed and removed are seen; others and hidden ones are not looked at")
    func changes() throws {
        let files = try Folder()
        let log = LogRecorder()
        let folder = Scanner(files, log)
        #expect(!folder.scan())
        try files.write(Self.service, "web.yaml")
        try files.write("a: [", "notes.txt")
        try files.write("a: [", ".hidden.yaml")
        #expect(folder.scan() && folder.services == ["shop/web [10.96.0.20]"])
        #expect(!folder.scan())
        try files.write(Self.service.replacing("10.96.0.20", with: "10.96.0.99"), "web.yaml")
        try files.write(Self.service.replacing("name: web", with: "name: api"), "api.yml")
        #expect(folder.scan() && folder.services == ["shop/api [10.96.0.20]", "shop/web [10.96.0.99]"])
        try files.remove("web.yaml")
        #expect(folder.scan() && folder.services == ["shop/api [10.96.0.20]"])
        #expect(log.lines.isEmpty)
    }

    @Test("A file that breaks is logged once, with its name, and what it said last stays; a good one replaces it")
    func brokenFile() throws {
        let files = try Folder()
        let log = LogRecorder()
        let folder = Scanner(files, log)
        try files.write(Self.service, "web.yaml")
        #expect(folder.scan())
        try files.write("kind: Service\nmetadata: [\n", "web.yaml")
        try files.write("kind: Service\n", "new.yaml")
        #expect(!folder.scan())
        #expect(!folder.scan())
        #expect(folder.services == ["shop/web [10.96.0.20]"])
        #expect(log.lines.count == 2)
        #expect(log.lines.contains { $0.contains("/web.yaml: ") && $0.contains("its last good contents stay") })
        #expect(log.lines.contains { $0.contains("/new.yaml: document 1: Service") && $0.contains("left out") })
        try files.write(Self.service.replacing("10.96.0.20", with: "10.96.0.21"), "web.yaml")
        #expect(folder.scan() && folder.services == ["shop/web [10.96.0.21]"])
    }

    @Test("A folder that goes away leaves what it said")
    func missingFolder() throws {
        let files = try Folder()
        let log = LogRecorder()
        let folder = Scanner(files, log)
        try files.write(Self.service, "web.json")
        #expect(folder.scan())
        try FileManager.default.removeItem(atPath: files.path)
        #expect(!folder.scan())
        #expect(!folder.scan())
        #expect(folder.services.count == 1 && log.lines.count == 1)
    }

    @Test("A service without an address is pointed out")
    func serviceWithoutAddress() throws {
        let files = try Folder()
        let log = LogRecorder()
        let folder = Scanner(files, log)
        try files.write("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n", "web.yaml")
        #expect(folder.scan())
        #expect(log.lines.count == 1 && log.lines[0].contains("service default/web has no clusterIP"))
    }
}
