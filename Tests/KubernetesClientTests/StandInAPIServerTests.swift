import NIOCore
import Testing

@testable import StandInAPIServer

@Suite("The stand-in behaves as an API server does")
struct StandInAPIServerTests {
    @Test(
        "Selectors",
        arguments: [
            ("", true), ("app=web", true), ("app==web", true), ("app=db", false), ("app!=db", true),
            ("app!=web", false),
            ("missing!=x", true), ("app", true), ("missing", false), ("!missing", true), ("!app", false),
            ("app in (db, web)", true), ("app in (db)", false), ("app notin (db)", true), ("app notin (web)", false),
            ("app=web,tier=x", true), ("app=web,tier=y", false), ("app in (a,web),tier", true),
        ])
    func selectors(_ text: String, _ expected: Bool) {
        let labels = ["app": "web", "tier": "x"]
        #expect(Selector(text).matches { labels[$0] } == expected)
    }

    private func store(_ names: [String]) throws -> ObjectStore {
        var store = ObjectStore(historyLimit: 2)
        for name in names { try store.apply(JSONText.read(Sample.service(name).utf8)) }
        return store
    }

    private let all = Selection(namespace: nil, labels: Selector(nil), fields: Selector(nil))

    /// The lines that a watch gets until it is closed.
    private func lines(_ store: inout ObjectStore, from start: UInt64?, streamsList: Bool = false) async -> [String] {
        let (signals, continuation) = AsyncStream.makeStream(of: WatchSignal.self)
        let watcher = Watcher(
            path: "/api/v1/services", selection: all, takesBookmarks: true, signals: continuation)
        let number = store.open(watcher, from: start, sendsInitialEvents: streamsList)
        store.close(number)
        var lines: [String] = []
        for await case .bytes(let bytes) in signals { lines.append(String(buffer: bytes)) }
        return lines
    }

    @Test("A watch from a version tells what came after it")
    func history() async throws {
        var store = try store(["a", "b"])
        let lines = await lines(&store, from: store.version - 1)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(#"{"type":"ADDED","object":{"kind":"Service","apiVersion":"v1","#) == true)
        #expect(lines.first?.contains(#""name":"b""#) == true)
        #expect(lines.first?.hasSuffix("}}\n") == true)
    }

    @Test("A watch from before the history tells that it is gone")
    func forgotten() async throws {
        var store = try store(["a", "b", "c", "d", "e"])
        let lines = await lines(&store, from: 1)
        #expect(lines.count == 1)
        #expect(lines.first?.contains(#""code":410"#) == true)
    }

    @Test("A streamed list ends with the bookmark that says so")
    func streamedList() async throws {
        var store = try store(["b", "a"])
        let lines = await lines(&store, from: nil, streamsList: true)
        #expect(lines.map { $0.contains(#""type":"ADDED""#) } == [true, true, false])
        #expect(lines.last?.contains(#""k8s.io/initial-events-end":"true""#) == true)
        #expect(lines.last?.contains(#""resourceVersion":"\#(store.version)""#) == true)
    }

    @Test("A deletion is told with a version of its own")
    func deletion() async throws {
        var store = try store(["a"])
        let key = StoredKey(namespace: "default", name: "a")
        let deletions = [store.delete("/api/v1/services", key), store.delete("/api/v1/services", key)]
        #expect(deletions == [true, false])
        let lines = await lines(&store, from: store.version - 1)
        #expect(lines.count == 1)
        #expect(lines.first?.contains(#""type":"DELETED""#) == true)
        #expect(lines.first?.contains(#""resourceVersion":"\#(store.version)""#) == true)
    }

    @Test("Recorded lists are served as they were, each object on one line")
    func load() async throws {
        let text = #"""
            { "/api/v1/services" : { "kind": "ServiceList", "apiVersion": "v1", "metadata": {"resourceVersion": "41"},
              "items": [ { "metadata": { "name": "a", "namespace": "x", "resourceVersion": "7", "labels": {"k": "v"} },
                           "spec": { "note": "b } ] \" , c" } },
                         { "kind": "Service", "apiVersion": "v1", "metadata": { "name": "b" } } ] },
              "/apis/example.net/v1/things": { "kind": "ThingList", "apiVersion": "example.net/v1", "items": [] } }
            """#
        var store = ObjectStore(historyLimit: 10)
        try store.load(JSONScanner(text.utf8))
        #expect(store.version == 41)
        #expect(store.collections["/apis/example.net/v1/things"]?.kind == "Thing")
        let a = store.collections["/api/v1/services"]?.objects[StoredKey(namespace: "x", name: "a")]
        #expect(
            a.map { String(buffer: $0.text.json) }
                == #"{"metadata":{"name":"a","namespace":"x","resourceVersion":"7","labels":{"k":"v"}},"#
                + #""spec":{"note":"b } ] \" , c"}}"#)
        #expect(a?.labels == ["k": "v"])
        let lines = await lines(&store, from: nil)
        #expect(lines.map { $0.count { $0 == "\n" } } == [1, 1])
    }

    @Test(
        "The first acceptable media type that is served is chosen",
        arguments: [
            (nil, true, "application/json"), ("*/*", true, "application/json"),
            ("application/vnd.kubernetes.protobuf, application/json", true, "application/vnd.kubernetes.protobuf"),
            ("application/vnd.kubernetes.protobuf, application/json", false, "application/json"),
            ("application/vnd.kubernetes.protobuf", false, nil), ("text/html", true, nil),
            ("application/json;as=Table;g=meta.k8s.io;v=v1", true, nil),
        ] as [(String?, Bool, String?)])
    func accept(_ accept: String?, _ servesProtobuf: Bool, _ mediaType: String?) {
        #expect(Presentation(accept: accept, servesProtobuf: servesProtobuf)?.encoding.mediaType == mediaType)
    }

    @Test("An object given by its members is the object given as text, in every form")
    func members() throws {
        var stores = [ObjectStore(historyLimit: 2), ObjectStore(historyLimit: 2)]
        let json = #"{"kind":"Service","metadata":{"name":"a","labels":{"k":"v"}},"spec":{"ports":[{"port":80}]}}"#
        try stores[0].apply(JSONText.read(json.utf8))
        let members: [String: any Sendable] = [
            "metadata": ["name": "a", "labels": ["k": "v"]] as [String: any Sendable],
            "spec": ["ports": [["port": 80]]],
        ]
        try stores[1].put(members, in: "/api/v1/services")
        for encoding in [Encoding.json, .protobuf] {
            for isMetadataOnly in [false, true] {
                let presentation = Presentation(encoding: encoding, isMetadataOnly: isMetadataOnly)
                let pages = stores.indices.map {
                    stores[$0].page("/api/v1/services", all, limit: 0, token: nil, presentation)
                }
                #expect(pages[0] == pages[1])
                #expect((pages[0]?.readableBytes ?? 0) > 50)
            }
        }
        let metadata = stores[0].page(
            "/api/v1/services", all, limit: 0, token: nil, Presentation(encoding: .json, isMetadataOnly: true))
        #expect(
            metadata.map { String(buffer: $0) }
                == #"{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"2"},"#
                + #""items":[{"metadata":{"labels":{"k":"v"},"name":"a","resourceVersion":"2"}}]}"#)
    }

    @Test("A change that is withheld is told to nobody who watches, now or later")
    func withheld() async throws {
        var store = try store([])
        let (signals, continuation) = AsyncStream.makeStream(of: WatchSignal.self)
        let watcher = Watcher(path: "/api/v1/services", selection: all, takesBookmarks: true, signals: continuation)
        let number = store.open(watcher, from: store.version, sendsInitialEvents: false)
        store.withheld = ["/api/v1/services"]
        try store.apply(JSONText.read(Sample.service("a").utf8))
        store.withheld = []
        try store.apply(JSONText.read(Sample.service("b").utf8))
        store.close(number)
        var told: [String] = []
        for await case .bytes(let bytes) in signals { told.append(String(buffer: bytes)) }
        #expect(told.count == 1)
        #expect(told.first?.contains(#""name":"b""#) == true)
    }

    @Test(
        "What is no recording is refused",
        arguments: [
            "", "{", "[]", "{}}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,"#, #"{"a":{"kind":"XList"}}"#, #"{"a":"x"#,
            #"{"a":{"kind":"XList","apiVersion":"v1","items":[{}]}}"#, #"{"a":[{]}"#,
        ])
    func malformedRecording(_ text: String) {
        #expect(throws: StandInError.malformedObject) {
            var store = ObjectStore(historyLimit: 10)
            try store.load(JSONScanner(text.utf8))
        }
    }

    @Test(
        "What is no object of a kind that is served is refused",
        arguments: ["", "{}", #"{"kind":"Service"}"#, #"{"kind":"X","metadata":{"name":"a"}}"#])
    func malformed(_ json: String) throws {
        let server = try StandInAPIServer()
        #expect(throws: StandInError.malformedObject) { try server.apply(json) }
    }
}
