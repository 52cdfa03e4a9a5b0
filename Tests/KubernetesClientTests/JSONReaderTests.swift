import Foundation
import NIOCore
import Testing

@testable import KubernetesClient

@Suite("JSON is read straight to the fields that are wanted")
struct JSONReaderTests {
    /// Everything that can be read, one behind the other.
    private struct Probe: JSONReadable, Equatable {
        var texts: [String?] = []
        var numbers: [Int?] = []
        var flags: [Bool?] = []
        var map: [String: String] = [:]

        init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
            guard try json.beginObject() else { throw json.fault("null") }
            while let member = try json.member() {
                switch member {
                case "texts":
                    guard try json.beginArray() else { continue }
                    while try json.element() { texts.append(try json.string()) }
                case "number": numbers.append(try json.integer())
                case "flag": flags.append(try json.bool())
                case "map": map = try json.stringMap()
                default: try json.skip()
                }
            }
        }
    }

    private func read(_ text: String) throws -> Probe { try JSONReader.read(Probe.self, from: text.utf8) }

    @Test("RFC 8259: values of all sorts, with what nobody asked for between them")
    func values() throws {
        let probe = try read(
            #"""
             { "x" : {"texts":["}]\"\\",{"a":[1,-2.5e3,null,true]}]}, "texts" : [ "" , "a" , null ,"ü\n" ],
              "number":80,"y":[[],{}],"number":-1, "number":1e2, "number":null,"number":3.0,
              "flag":true,"flag":false,"flag":null, "map":{"a":"1","c":null,"d":"4"}, "z":"\\"}
            """#)
        #expect(probe.texts == ["", "a", nil, "ü\n"])
        #expect(probe.numbers == [80, -1, 100, nil, 3])
        #expect(probe.flags == [true, false, nil])
        #expect(probe.map == ["a": "1", "d": "4"])
    }

    @Test(
        "RFC 8259 §7: escapes stand for what Foundation takes them for",
        arguments: [
            #"\"\\\/\b\f\n\r\t"#, #"\u0041\u00fc\u20AC\uFFFF"#, #"\ud83d\ude00!"#, #"a\u0000b"#, #"é\u0301"#,
            "\u{10FFFF}",
        ])
    func escapes(_ text: String) throws {
        let json = #"{"texts":["\#(text)"]}"#
        let expected = try JSONDecoder().decode([String: [String]].self, from: Data(json.utf8))["texts"]
        #expect(try read(json).texts == expected)
    }

    @Test(
        "What is no JSON, or not what is wanted, is malformed, never a crash",
        arguments: [
            "", " ", "{", "[]", "null", "7", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#,
            #"{"a":1 "b":2}"#, #"{"a" 1}"#, #"{a:1}"#, #"{"a":1}}"#, #"{"a":1}x"#, #"{"a":]}"#, #"{"a":,}"#,
            #"{"a":"x}"#,
            #"{"a":"x\"#, #"{"texts":["a]}"#, #"{"texts":["a\"#, #"{"texts":["\u12"]}"#, #"{"texts":["\u12g4"]}"#,
            #"{"texts":["\ud800"]}"#, #"{"texts":["\ud800\u0041"]}"#, #"{"texts":["\udc00"]}"#, #"{"texts":["\x"]}"#,
            "{\"texts\":[\"a\u{1}\"]}", "{\"texts\":[\"\\n\u{1}\"]}", #"{"texts":[1]}"#, #"{"texts":{}}"#,
            #"{"texts":"a"}"#,
            #"{"number":"1"}"#, #"{"number":1.5}"#, #"{"number":1e99}"#, #"{"number":+1}"#, #"{"number":-}"#,
            #"{"number":nan}"#, #"{"number":0x10}"#, #"{"number":true}"#, #"{"flag":1}"#, #"{"flag":tru}"#,
            #"{"flag":nul"#,
            #"{"map":[]}"#, #"{"map":{"a":1}}"#,
        ])
    func malformed(_ text: String) {
        let failure = #expect(throws: APIFailure.self) { try read(text) }
        #expect(failure?.kind == "malformed")
    }

    @Test(
        "RFC 3629: octets that are not UTF-8 are no text",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func notUnicode(_ octets: [UInt8]) {
        let failure = #expect(throws: APIFailure.self) {
            try JSONReader.read(Probe.self, from: Array(#"{"texts":[""#.utf8) + octets + Array(#""]}"#.utf8))
        }
        #expect(failure?.kind == "malformed")
    }

    @Test("A fault says where it is")
    func place() {
        let failure = #expect(throws: APIFailure.self) {
            try JSONReader.read(
                Service.self, from: #"{"metadata":{"name":"a"},"spec":{"ports":[{"port":1},{"port":"x"}]}}"#.utf8)
        }
        #expect(failure == .malformed("spec.ports.1.port: not a whole number"))
    }

    @Test("A fault says where it is, whatever stands before it")
    func laterPlace() {
        let text = #"{"x":[{"a\"}":"{,"},[1,2]],"metadata":{"name":"a"},"spec":{"ports":[{"x":[{}]},{"port": 1.5}]}}"#
        let failure = #expect(throws: APIFailure.self) { try JSONReader.read(Service.self, from: text.utf8) }
        #expect(failure == .malformed("spec.ports.1.port: not a whole number"))
    }

    @Test("Names with escapes are what they stand for")
    func escapedNames() throws {
        #expect(try read(#"{"\u006eumber":7,"te\u0078ts":["a"]}"#).numbers == [7])
    }

    @Test("Depth beyond any object is malformed, wanted or not", arguments: ["texts", "x"])
    func depth(_ member: String) {
        for opening in ["[", #"{"a":"#] {
            let failure = #expect(throws: APIFailure.self) {
                try read(#"{"\#(member)":"# + String(repeating: opening, count: 100_000))
            }
            #expect(failure?.kind == "malformed")
        }
    }
}

@Suite("A watch in JSON is cut into events")
struct JSONFramesTests {
    private static let event =
        #"{"type":"ADDED","object":{"metadata":{"name":"a","x":[{"y":"}\\n{"}]},"spec":{"ports":[{"port":1}]}}}"#

    /// The events of a stream that arrives in pieces of a size.
    private func events(_ text: String, pieces: Int, object: Int = 1 << 20) throws -> ([WatchEvent<Service>], Bool) {
        let codec = Service.encodings.json
        var frames = codec.makeFrames(limits: DecodingLimits(reply: 1 << 20, object: object))
        var (rest, found) = (ByteBuffer(string: text), [WatchEvent<Service>]())
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            frames.append(piece)
            while let frame = try frames.next() {
                guard case .event(let octets) = frame else { continue }
                found.append(try codec.decodeEvent(octets, context: DecodingContext()))
            }
        }
        return (found, frames.isWithinFrame)
    }

    private var expected: WatchEvent<Service> {
        .added(Service(metadata: ObjectMetadata(name: "a"), ports: [.init(number: 1)]))
    }

    @Test(
        "However it arrives: a line each, several in one read, cut anywhere, without ends of lines",
        arguments: [1, 2, 7, 60, .max])
    func pieces(_ pieces: Int) throws {
        let event = Self.event
        for text in ["\(event)\n\(event)\n\(event)\n", "\n \(event)\r\n\(event)\n\n\(event)", event + event + event] {
            let (found, isWithin) = try events(text, pieces: pieces)
            #expect(found == [expected, expected, expected] && !isWithin)
        }
    }

    @Test("An event that is written over several lines is one all the same", arguments: [1, 30, .max])
    func lines(_ pieces: Int) throws {
        let event = """
            {
              "object": {
                "metadata": {"name": "a"},
                "spec": {"ports": [{"port": 1}]}
              },
              "type": "ADDED"
            }
            """
        #expect(try events(event + "\n" + event + "\n", pieces: pieces).0 == [expected, expected])
    }

    @Test("An event that is too large is left out, and the next is taken", arguments: [1, 100, .max])
    func tooLarge(_ pieces: Int) throws {
        let name = String(repeating: "n", count: 500)
        let large = #"{"type":"ADDED","object":{"metadata":{"name":"\#(name)"}}}"#
        let event = Self.event
        #expect(try events("\(large)\n\(event)\n", pieces: pieces, object: 300).0 == [expected])
    }

    @Test("The end of a stream within an event is seen")
    func within() throws {
        #expect(try events(#"{"type":"ADDED","object":{"#, pieces: .max).1)
    }
}
