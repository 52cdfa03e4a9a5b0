import NIOCore
import Testing

@testable import KubernetesClient
@testable import StandInAPIServer

@Suite("Objects are read from protobuf, trimmed")
struct ProtobufCodecTests {
    private static let everything: [String: [String]] = [
        "Service": [
            """
            {"metadata":{"name":"web","namespace":"prod","resourceVersion":"12","uid":"u1","generation":3,
              "creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":"2026-01-02T00:00:00Z",
              "labels":{"a":"b"},"ownerReferences":[{"kind":"X","name":"y","controller":true}],
              "managedFields":[{"manager":"kubectl","operation":"Apply","fieldsV1":{"f:spec":{"f:ports":{}}}}]},
             "spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"],
              "selector":{"app":"web"},"externalIPs":["192.0.2.7","none"],"ofTheFuture":{"x":[1,2]},
              "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":"http","nodePort":30080},
                       {"port":53,"protocol":"UDP","targetPort":5353},{"port":99999},{"port":1,"protocol":"XTP"}]},
             "status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.1"},{"hostname":"lb.example.net"}]}}}
            """,
            #"{"metadata":{"name":"a"},"spec":{"clusterIP":"10.0.0.9"}}"#,
            #"{"metadata":{"name":"b"},"spec":{"clusterIP":"None","clusterIPs":["None"]}}"#,
            #"{"metadata":{"name":"c"},"spec":{"type":"ExternalName","externalName":"example.net","clusterIP":""}}"#,
            #"{"metadata":{"name":"d"}}"#,
        ],
        "EndpointSlice": [
            """
            {"metadata":{"name":"web-x","namespace":"prod","labels":{"kubernetes.io/service-name":"web",
              "multicluster.kubernetes.io/service-name":"shared","multicluster.kubernetes.io/source-cluster":"east"},
              "annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"1970-01-01T00:00:01Z"}},
             "addressType":"IPv4","ports":[{"name":"http","port":80,"protocol":"TCP"},{"name":"open"},{"port":0}],
             "endpoints":[
              {"addresses":["10.1.0.1"],"hostname":"web-0","nodeName":"a-node-with-a-long-name","zone":"z1",
               "targetRef":{"kind":"Pod","name":"web-0","namespace":"prod"},"conditions":{"ready":true}},
              {"addresses":["10.1.0.2"],"conditions":{"ready":false,"serving":true}},
              {"addresses":["10.1.0.3","x"],"hints":{"forZones":[{"name":"z"}]}}, {"addresses":["10.1.0.4"]}]}
            """,
            #"{"metadata":{"name":"names"},"addressType":"FQDN","endpoints":[{"addresses":["example.net"]}]}"#,
            #"{"metadata":{"name":"six"},"addressType":"IPv6","endpoints":[{"addresses":["fd00::7"]}]}"#,
        ],
        "Pod": [
            #"{"metadata":{"name":"a","labels":{"app":"x"}},"status":{"phase":"Running","podIP":"10.1.0.1"}}"#,
            """
            {"metadata":{"name":"b"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]},
             "status":{"phase":"Pending","podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"},{"ip":"x"}]}}
            """,
            #"{"metadata":{"name":"c"},"status":{"phase":"New"}}"#,
        ],
        "Namespace": [
            #"{"metadata":{"name":"prod","labels":{"team":"blue"}},"spec":{"finalizers":["kubernetes"]}}"#
        ],
    ]

    private func page(_ kind: String, _ encoding: Encoding) throws -> ByteBuffer {
        let collection = Collection(kind: kind, apiVersion: "v1", historyLimit: 0)
        let objects = try Self.everything[kind, default: []].map { text in
            try StoredObject(JSONText.read(text.utf8), version: nil, kind: kind)
        }
        let next = ContinueToken(version: 7, last: StoredKey(namespace: "x", name: "y"))
        return collection.list(objects, version: 7, next: next, Presentation(encoding: encoding))
    }

    private func read<Resource>(
        _ page: ByteBuffer, _ codec: any ResourceCodec<Resource>, pieces: Int = .max,
        context: DecodingContext = DecodingContext()
    ) throws -> ([Resource], ListEnd) {
        let limits = DecodingLimits(reply: 1 << 20, object: 1 << 20)
        var (reader, page) = (codec.makeListReader(limits: limits, context: context), page)
        var objects: [Resource] = []
        while page.readableBytes > 0 {
            let piece = page.readSlice(length: min(pieces, page.readableBytes))
            try reader.read(try #require(piece), into: &objects)
        }
        let end = try reader.finish(into: &objects)
        return (objects, end)
    }

    private func expectTheSame<Resource>(_ type: Resource.Type, _ kind: String) throws
    where Resource: KubernetesResource {
        let protobuf = try #require(Resource.encodings.protobuf)
        let (expected, expectedEnd) = try read(page(kind, .json), Resource.encodings.json)
        #expect(expected.count == Self.everything[kind]?.count)
        for pieces in [1, 7, 4096] {
            let (objects, end) = try read(page(kind, .protobuf), protobuf, pieces: pieces)
            #expect(objects == expected)
            #expect(end == expectedEnd)
            #expect(end == ListEnd(resourceVersion: "7", continueToken: "7/x/y"))
        }
    }

    @Test("Protobuf gives the same objects as JSON, in whatever pieces it comes")
    func sameAsJSON() throws {
        try expectTheSame(Service.self, "Service")
        try expectTheSame(EndpointSlice.self, "EndpointSlice")
        try expectTheSame(Pod.self, "Pod")
        try expectTheSame(Namespace.self, "Namespace")
    }

    @Test("Octets that are no UTF-8, in texts that the API server does not check, do not spoil the list")
    func invalidText() throws {
        var page = try page("EndpointSlice", .protobuf)
        var octets = page.readBytes(length: page.readableBytes) ?? []
        for text in ["1970-01-01T00:00:01Z", "a-node-with-a-long-name"] {
            let place = try #require(octets.firstRange(of: Array(text.utf8)))
            octets[place.lowerBound] = 0xFF
        }
        let protobuf = try #require(EndpointSlice.encodings.protobuf)
        let (objects, _) = try read(ByteBuffer(bytes: octets), protobuf)
        let (expected, _) = try read(self.page("EndpointSlice", .json), EndpointSlice.encodings.json)
        #expect(objects.count == expected.count)
        #expect(objects.first?.lastChangeTriggerTime == nil)
        #expect(objects.first?.endpoints.map(\.addresses) == expected.first?.endpoints.map(\.addresses))
    }

    @Test("Labels of pods and namespaces are dropped on demand", arguments: [Encoding.json, .protobuf])
    func labels(_ encoding: Encoding) throws {
        func labels<Resource>(_ codec: (any ResourceCodec<Resource>)?, _ kind: String, keeps: Bool) throws -> [Resource]
        {
            try read(page(kind, encoding), try #require(codec), context: DecodingContext(details: keeps ? .all : [])).0
        }
        let isJSON = encoding == .json
        let pods = isJSON ? Pod.encodings.json : Pod.encodings.protobuf
        #expect(try labels(pods, "Pod", keeps: true).first?.labels == ["app": "x"])
        #expect(try labels(pods, "Pod", keeps: false).first?.labels == [:])
        let namespaces = isJSON ? Namespace.encodings.json : Namespace.encodings.protobuf
        #expect(try labels(namespaces, "Namespace", keeps: true).first?.labels == ["team": "blue"])
        #expect(try labels(namespaces, "Namespace", keeps: false).first?.labels == [:])
    }

    @Test("A list that breaks off is never a shorter list")
    func truncated() throws {
        let whole = try page("Service", .protobuf)
        let codec = try #require(Service.encodings.protobuf)
        for length in 0..<whole.readableBytes {
            let part = try #require(whole.getSlice(at: 0, length: length))
            // The last two fields of the envelope are empty texts; without them the list itself is whole.
            if length == whole.readableBytes - 2 || length == whole.readableBytes - 4 { continue }
            #expect(throws: APIFailure.self, "\(length)") { try read(part, codec) }
        }
    }

    @Test("An object without a name, a wrong envelope and a bookmark without a version are malformed")
    func malformed() throws {
        let codec = try #require(Service.encodings.protobuf)
        let empty = ByteBuffer()
        let events = [
            ProtobufForm.frame("ADDED", ProtobufForm.envelope(kind: "Service", apiVersion: "v1", empty)),
            ProtobufForm.frame("ADDED", ByteBuffer(string: "k8s")),
            ProtobufForm.frame("BOOKMARK", ProtobufForm.envelope(kind: "Service", apiVersion: "v1", empty)),
            ProtobufForm.frame("SURPRISE", ProtobufForm.envelope(kind: "Service", apiVersion: "v1", empty)),
        ]
        for event in events {
            var frames = codec.makeFrames(limits: DecodingLimits(reply: 1 << 20, object: 1 << 20))
            frames.append(event)
            let frame = try nextEvent(in: &frames)
            let failure = #expect(throws: APIFailure.self) {
                try codec.decodeEvent(frame, context: DecodingContext())
            }
            #expect(failure?.kind == "malformed")
        }
    }

    /// The next event of a watch.
    private func nextEvent(in frames: inout any WatchFrames) throws -> ByteBuffer {
        guard case .event(let bytes) = try frames.next() else { throw APIFailure.cut }
        return bytes
    }

    @Test("An ERROR event tells its status")
    func error() throws {
        let codec = try #require(Service.encodings.protobuf)
        var frames = codec.makeFrames(limits: DecodingLimits(reply: 1 << 20, object: 1 << 20))
        frames.append(Refusal.expired.event(.protobuf))
        let event = try codec.decodeEvent(try nextEvent(in: &frames), context: DecodingContext())
        #expect(
            event
                == .error(.refused(APIRefusal(code: 410, reason: "Expired", message: "too old resource version"))))
    }
}

@Suite("Hostile protobuf")
struct HostileProtobufTests {
    /// A random number generator of which each run is the same.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64 = 7

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    private static let slice = """
        {"metadata":{"name":"web-x","namespace":"prod","resourceVersion":"5","labels":{"kubernetes.io/service-name":"web"}},
         "addressType":"IPv4","ports":[{"name":"http","port":80}],
         "endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":true}},{"addresses":["10.1.0.2"]}]}
        """

    private func samples() throws -> [[UInt8]] {
        let collection = Collection(kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1", historyLimit: 0)
        let object = try StoredObject(JSONText.read(Self.slice.utf8), version: nil, kind: "EndpointSlice")
        let list = collection.list([object, object], version: 7, next: nil, Presentation(encoding: .protobuf))
        return [Array(list.readableBytesView), Array(collection.addedEvent(object, .protobuf).readableBytesView)]
    }

    /// Reads bytes as a list and as a watch; what comes of it does not matter.
    private func read(_ bytes: [UInt8]) throws {
        let codec = try #require(EndpointSlice.encodings.protobuf)
        let (context, buffer) = (DecodingContext(), ByteBuffer(bytes: bytes))
        var objects: [EndpointSlice] = []
        var reader = codec.makeListReader(limits: DecodingLimits(reply: 1 << 20, object: 1 << 16), context: context)
        if (try? reader.read(buffer, into: &objects)) != nil { _ = try? reader.finish(into: &objects) }
        var frames = codec.makeFrames(limits: DecodingLimits(reply: 1 << 20, object: 1 << 16))
        frames.append(buffer)
        while let frame = try? frames.next() {
            if case .event(let bytes) = frame { _ = try? codec.decodeEvent(bytes, context: context) }
        }
    }

    @Test("Random bytes never crash")
    func random() throws {
        var chance = Chance()
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...200, using: &chance)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
            // Half of them get past the first door.
            if Bool.random(using: &chance) { bytes.insert(contentsOf: ProtobufEnvelope.magic, at: 0) }
            try read(bytes)
        }
    }

    @Test("Valid bytes with some changed, cut out or put in never crash")
    func mutated() throws {
        var chance = Chance()
        let samples = try samples()
        for round in 0..<10_000 {
            var bytes = samples[round % samples.count]
            for _ in 0...Int.random(in: 0...3, using: &chance) {
                let place = Int.random(in: 0..<bytes.count, using: &chance)
                switch Int.random(in: 0..<4, using: &chance) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
                case 2: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &chance), at: place)
                }
            }
            try read(bytes)
        }
    }

    @Test("An object that claims to be too large is left out before it arrives")
    func claimedObject() throws {
        var frames = ProtobufListFrames(limit: 100)
        // The envelope's list of 2^35 bytes, and in it an object of 2^34.
        frames.append(ByteBuffer(bytes: ProtobufEnvelope.magic + [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]))
        frames.append(ByteBuffer(bytes: [0x12, 0x80, 0x80, 0x80, 0x80, 0x40]))
        #expect(try frames.next() == .tooLarge)
        for _ in 0..<100 {
            frames.append(ByteBuffer(repeating: 0, count: 10_000))
            #expect(try frames.next() == nil)
        }
        #expect(!frames.isComplete)
    }

    @Test("A frame that claims to be too large is refused before it arrives")
    func claimedFrame() throws {
        var frames = LengthFrames(limits: DecodingLimits(reply: 1_000, object: 100))
        frames.append(ByteBuffer(bytes: [0, 0, 0, 101]))
        #expect(try frames.next() == .leftOut(LeftOutObject(.tooLarge)))
        for _ in 0..<101 {
            #expect(frames.isWithinFrame)
            frames.append(ByteBuffer(bytes: [0xFF]))
            #expect(try frames.next() == nil)
        }
        #expect(!frames.isWithinFrame)
        frames.append(ByteBuffer(bytes: [0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(try frames.next() == .event(ByteBuffer(bytes: [7])))
        #expect(throws: APIFailure.tooLarge(limit: 1_000)) { try frames.next() }
    }

    @Test("A field that nobody reads is passed over however large it says it is, and then the list is not complete")
    func claimedUnknown() throws {
        var frames = ProtobufListFrames(limit: 100)
        frames.append(ByteBuffer(bytes: ProtobufEnvelope.magic + [0x22] + Array(repeating: 0xFF, count: 8) + [0x7F]))
        for _ in 0..<100 {
            frames.append(ByteBuffer(repeating: 0, count: 10_000))
            #expect(try frames.next() == nil)
        }
        #expect(!frames.isComplete)
    }

    @Test(
        "A field beyond the list, a group, a field 0 and a number of eleven bytes are malformed",
        arguments: [
            [0x12, 0x02, 0x12, 0x05], [0x13], [0x00], [0x12] + Array(repeating: 0xFF, count: 10),
            Array(repeating: 0xFF, count: 11),
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        var frames = ProtobufListFrames(limit: 100)
        frames.append(ByteBuffer(bytes: ProtobufEnvelope.magic + bytes))
        let failure = #expect(throws: APIFailure.self) { while try frames.next() != nil {} }
        #expect(failure?.kind == "malformed")
    }

    @Test("Frames in pieces of one byte are the frames")
    func pieces() throws {
        let event = try samples()[1]
        var frames = LengthFrames(limits: DecodingLimits(reply: 1 << 16, object: 1 << 16))
        var found: [WatchFrame] = []
        for byte in event + event {
            frames.append(ByteBuffer(bytes: [byte]))
            while let frame = try frames.next() { found.append(frame) }
        }
        #expect(found == Array(repeating: .event(ByteBuffer(bytes: event[4...])), count: 2))
        #expect(!frames.isWithinFrame)
    }
}
