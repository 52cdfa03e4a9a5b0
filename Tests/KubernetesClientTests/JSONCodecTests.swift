import Basics
import NIOCore
import Testing

@testable import KubernetesClient

@Suite("Objects are read from JSON, trimmed")
struct JSONCodecTests {
    private func object<Resource: KubernetesResource & Decodable>(_ type: Resource.Type, _ json: String) throws
        -> Resource
    {
        let limits = DecodingLimits(reply: 1 << 20, object: 1 << 20)
        var reader = Resource.encodings.json.makeListReader(limits: limits, context: DecodingContext())
        var objects: [Resource] = []
        try reader.read(ByteBuffer(string: #"{"metadata":{},"items":[\#(json)]}"#), into: &objects)
        _ = try reader.finish(into: &objects)
        return try #require(objects.first)
    }

    @Test("A service with everything")
    func service() throws {
        let service = try object(
            Service.self,
            """
            {"metadata":{"name":"web","namespace":"prod","resourceVersion":"12","uid":"u1","deletionTimestamp":"2026-01-01T00:00:00Z"},
             "spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"],"selector":{"app":"web"},
              "externalIPs":["192.0.2.7","none"],
              "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":"http"},{"port":53,"protocol":"UDP"},
                       {"port":99999},{"port":1,"protocol":"XTP"}]},
             "status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.1"},{"hostname":"lb.example.net"}]}}}
            """)
        #expect(
            service
                == Service(
                    metadata: ObjectMetadata(
                        name: "web", namespace: "prod", resourceVersion: "12", isTerminating: true),
                    kind: .loadBalancer, clusterIPs: ["10.0.0.1", "fd00::1"].compactMap(IPAddress.init),
                    ports: [.init(name: "http", number: 80), .init(number: 53, transport: .udp)],
                    externalIPs: [IPAddress(ipv4: 0xC000_0207)], loadBalancerIPs: [IPAddress(ipv4: 0xC633_6401)],
                    loadBalancerHostnames: ["lb.example.net"], malformedAddressCount: 1))
    }

    @Test("clusterIP serves where there is no clusterIPs; None is headless")
    func clusterIP() throws {
        let old = try object(Service.self, #"{"metadata":{"name":"a"},"spec":{"clusterIP":"10.0.0.9"}}"#)
        #expect(old.clusterIPs == [IPAddress(ipv4: 0x0A00_0009)])
        #expect(old.kind == .clusterIP)
        let headless = try object(
            Service.self, #"{"metadata":{"name":"a"},"spec":{"clusterIP":"None","clusterIPs":["None"]}}"#)
        #expect(headless.isHeadless)
        #expect(headless.clusterIPs == [])
        let name = try object(
            Service.self,
            #"{"metadata":{"name":"a"},"spec":{"type":"ExternalName","externalName":"example.net","clusterIP":""}}"#)
        #expect(name.kind == .externalName)
        #expect(name.externalName == "example.net")
        #expect(name.malformedAddressCount == 0)
    }

    @Test("An object without spec and status is an object")
    func bare() throws {
        #expect(try object(Service.self, #"{"metadata":{"name":"a"}}"#) == Service(metadata: ObjectMetadata(name: "a")))
        #expect(try object(Pod.self, #"{"metadata":{"name":"a"},"status":null}"#).phase == .unknown)
        #expect(
            try object(EndpointSlice.self, #"{"metadata":{"name":"a"},"endpoints":null,"ports":null}"#).endpoints == [])
    }

    @Test("An endpoint slice with everything")
    func slice() throws {
        let slice = try object(
            EndpointSlice.self,
            """
            {"metadata":{"name":"web-x","namespace":"prod","labels":{"kubernetes.io/service-name":"web","other":"x"},
              "annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"1970-01-01T00:00:01Z","other":"x"}},
             "addressType":"IPv4","ports":[{"name":"http","port":80,"protocol":"TCP"},{"name":"open","port":null}],
             "endpoints":[
              {"addresses":["10.1.0.1"],"hostname":"web-0","nodeName":"a-node-with-a-long-name","zone":"z1",
               "targetRef":{"kind":"Pod","name":"web-0","namespace":"prod"},"conditions":{"ready":true}},
              {"addresses":["10.1.0.2"],"conditions":{"ready":false}},
              {"addresses":["10.1.0.3","x"],"conditions":{"ready":null}}, {"addresses":["10.1.0.4"]}]}
            """)
        #expect(slice.serviceName == "web")
        #expect(slice.lastChangeTriggerTime == 1_000_000_000)
        #expect(slice.ports == [.init(name: "http", number: 80), .init(name: "open", number: nil)])
        #expect(slice.endpoints.map(\.isReady) == [true, false, true, true])
        #expect(
            slice.endpoints.first
                == .init(
                    addresses: [IPAddress(ipv4: 0x0A01_0001)], hostname: "web-0", targetName: "web-0", zone: "z1"))
        #expect(slice.malformedAddressCount == 1)
    }

    @Test("A slice of names has no addresses, and they are not malformed")
    func names() throws {
        let slice = try object(
            EndpointSlice.self,
            #"{"metadata":{"name":"a"},"addressType":"FQDN","endpoints":[{"addresses":["example.net"]}]}"#)
        #expect(slice.addressType == .other)
        #expect(slice.endpoints == [])
        #expect(slice.malformedAddressCount == 0)
    }

    @Test("A pod of one address has it in both fields; labels are kept")
    func pod() throws {
        let pod = try object(
            Pod.self,
            #"{"metadata":{"name":"a","labels":{"app":"x"}},"status":{"phase":"Running","podIP":"10.1.0.1"}}"#)
        #expect(pod.podIP == IPAddress(ipv4: 0x0A01_0001))
        #expect(pod.podIPs == [IPAddress(ipv4: 0x0A01_0001)])
        #expect(pod.phase == .running)
        #expect(pod.labels == ["app": "x"])
    }

    @Test(
        "What is no event is malformed, never a crash",
        arguments: [
            "", "{", "null", "[]", "{}", #"{"type":"ADDED"}"#, #"{"type":"ADDED","object":{}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":7}}}"#, #"{"type":"BOOKMARK","object":{"metadata":{}}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"ports":[{"port":1e99}]}}}"#,
            "\u{0}\u{1}\u{2}", #"{"type":"ADDED","object":{"metadata":{"name":"a\ud800"}}}"#,
        ])
    func malformed(_ text: String) {
        let failure = #expect(throws: APIFailure.self) {
            try JSONCodec<Service>(parts: Service.jsonParts).decodeEvent(
                ByteBuffer(string: text), context: DecodingContext())
        }
        #expect(failure?.kind == "malformed")
    }

    @Test("Depth beyond any object is malformed, never a crash", arguments: ["[", #"{"a":"#])
    func depth(_ opening: String) {
        let failure = #expect(throws: APIFailure.self) {
            try JSONCodec<Service>(parts: Service.jsonParts).decodeEvent(
                ByteBuffer(string: String(repeating: opening, count: 100_000)), context: DecodingContext())
        }
        #expect(failure?.kind == "malformed")
    }

    @Test("An ERROR event tells its status")
    func error() throws {
        let event = try JSONCodec<Service>(parts: Service.jsonParts).decodeEvent(
            ByteBuffer(string: #"{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}"#),
            context: DecodingContext())
        #expect(event == .error(.refused(APIRefusal(code: 410, reason: "Expired", message: "too old"))))
    }

    @Test("Repeated strings are kept once")
    func strings() {
        let table = StringTable()
        let text = String(repeating: "n", count: 40)
        #expect(table.shared(text) == text)
        #expect(table.shared("short") == "short")
    }
}
