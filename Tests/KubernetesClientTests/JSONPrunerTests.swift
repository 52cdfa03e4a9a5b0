import NIOCore
import Testing

@testable import KubernetesClient

@Suite("What is wanted is taken out of JSON while it arrives")
struct JSONPrunerTests {
    private static let parts: JSONParts = [
        "metadata": ["name", "resourceVersion"], "spec": ["ports": ["port"], "all": .all], "status": ["phase"],
    ]

    /// The parts of a text that arrives in pieces of a size.
    private func prune(
        _ text: String, _ parts: JSONParts = parts, object: Int = 1_000, reply: Int = 1 << 20, pieces: Int = .max,
        isStream: Bool = true, identityDepth: Int = 1
    ) throws -> (parts: [String], isComplete: Bool) {
        var pruner = JSONPruner(
            parts, limits: DecodingLimits(reply: reply, object: object), identityDepth: identityDepth,
            isStream: isStream)
        var (rest, found) = (ByteBuffer(string: text), [String]())
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            pruner.append(piece)
            while let part = try pruner.next() { found.append(Self.text(part)) }
        }
        return (found, pruner.isBetweenValues)
    }

    private static func text(_ part: JSONPruner.Part) -> String {
        switch part {
        case .element(let octets): "element " + String(decoding: octets, as: UTF8.self)
        case .whole(let octets): String(decoding: octets, as: UTF8.self)
        case .tooLarge(let metadata, let isElement):
            "too large\(isElement ? " element" : "") " + String(decoding: metadata ?? [], as: UTF8.self)
        }
    }

    @Test("Members that nobody asked for are passed over, whatever is in them", arguments: [1, 2, 3, 7, .max])
    func members(pieces: Int) throws {
        let text = #"""
             {"kind":"X","metadata":{"annotations":{"a":"}]\"\\"},"name":"n\"\\\u0041","managedFields":[[{}],{"name":1}]},
              "spec" : { "ports":[{"port":1,"x":[1,2]},{"x":{}},{}], "all":{"a":[true,null,-1.5e3,""],"metadata":{}} },
              "status":"Failure", "more":-1}
            """#
        let expected =
            #"{"metadata":{"name":"n\"\\\u0041"},"spec":{"ports":[{"port":1},{},{}],"#
            + #""all":{"a":[true,null,-1.5e3,""],"metadata":{}}},"status":"Failure"}"#
        let (parts, isComplete) = try prune(text + "\n" + text, pieces: pieces)
        #expect(parts == [expected, expected] && isComplete)
    }

    @Test("The elements of a list come one by one, and the rest at its end", arguments: [1, 5, .max])
    func elements(pieces: Int) throws {
        let list: JSONParts = ["metadata": ["continue"], "items": .elements(Self.parts)]
        let text = #"{"items":[{"metadata":{"name":"a"},"x":1},{},null,[1]],"metadata":{"continue":"c","x":{}},"y":[]}"#
        let (parts, isComplete) = try prune(text, list, pieces: pieces, isStream: false, identityDepth: 3)
        #expect(
            parts == [
                #"element {"metadata":{"name":"a"}}"#, "element {}", "element null", "element [1]",
                #"{"items":[],"metadata":{"continue":"c"}}"#,
            ])
        #expect(isComplete)
        #expect(throws: APIFailure.self) { try prune(text + "x", list, isStream: false) }
        for length in 0..<text.utf8.count {
            #expect(try !prune(String(text.prefix(length)), list, isStream: false).isComplete)
        }
    }

    @Test(
        "Of an element that is too large only its metadata are left, and those around it are whole",
        arguments: [1, .max])
    func tooLargeElement(pieces: Int) throws {
        let list: JSONParts = ["items": .elements(Self.parts)]
        let fat = String(repeating: "x", count: 200)
        let text = #"""
            {"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"fat"},"spec":{"all":[{"x":"\#(fat)"}]},"status":{}},
            {"spec":{"all":"\#(fat)"},"metadata":{"name":"b"}},{"metadata":{"name":"c","unwanted":"\#(fat)"}}]}
            """#
        let (parts, _) = try prune(text, list, object: 100, pieces: pieces, isStream: false, identityDepth: 3)
        #expect(
            parts == [
                #"element {"metadata":{"name":"a"}}"#, #"too large element {"name":"fat"}"#, "too large element ",
                #"element {"metadata":{"name":"c"}}"#, #"{"items":[]}"#,
            ])
    }

    @Test("Values that are many are too large like octets that are many")
    func manyValues() throws {
        let text = #"{"spec":{"all":[\#(String(repeating: "[],", count: 1 << 17))1]}}{"status":1}"#
        #expect(try prune(text, object: 1 << 20).parts == ["too large ", #"{"status":1}"#])
        let passedOver = #"{"other":[\#(String(repeating: "[],", count: 1 << 17))1]}"#
        #expect(try prune(passedOver, object: 10).parts == ["{}"])
    }

    @Test("A list's own words that are too many, and a value beyond all measure, end the reading")
    func tooLarge() throws {
        let list: JSONParts = ["metadata": ["continue"], "items": .elements(Self.parts)]
        let fat = String(repeating: "x", count: 200)
        #expect(throws: APIFailure.tooLarge(limit: 100)) {
            try prune(#"{"metadata":{"continue":"\#(fat)"}}"#, list, object: 100, isStream: false)
        }
        #expect(throws: APIFailure.tooLarge(limit: 150)) { try prune(#"{"a":"\#(fat)"#, reply: 150, pieces: 10) }
    }

    @Test(
        "What is no JSON is malformed, and depth beyond any object is",
        arguments: [
            "}", "x", #"{"spec"}"#, #"{"spec":}"#, #"{"spec":{]}"#, #"{"spec":{"all":[}"#, "{,}", "[,]", "[1,]",
            "{1:2}",
            #"{"spec":{"all":\#(String(repeating: "[", count: 1_000))"#,
            #"{"x":\#(String(repeating: "[", count: 1_000))"#,
            #"{"x":\#(String(repeating: #"{"a":"#, count: 1_000))"#,
        ])
    func malformed(_ text: String) {
        for pieces in [1, Int.max] {
            let failure = #expect(throws: APIFailure.self) { try prune(text, pieces: pieces) }
            #expect(failure?.kind == "malformed")
        }
    }

    @Test("Valid octets with some changed never crash, and pieces make no difference", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        let sample = Array(
            #"{"items":[{"metadata":{"name":"a\\","x":{}},"spec":{"all":[1,{"a":null}]}},{}],"metadata":{"x":"y"}}"#
                .utf8)
        var state = seed &* 0x9E37_79B9 &+ 1
        func chance(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let list: JSONParts = ["metadata": .all, "items": .elements(Self.parts)]
        for _ in 0..<2_000 {
            var octets = sample
            for _ in 0...chance(3) {
                let place = chance(octets.count)
                let new = Array(#"{}[]",:\ax1 "#.utf8)[chance(12)]
                if chance(3) == 0 { octets.remove(at: place) } else { octets[place] = new }
            }
            let text = String(decoding: octets, as: UTF8.self)
            let whole = Result { try prune(text, list, object: 60, isStream: false, identityDepth: 3).parts }
            let pieces = Result {
                try prune(text, list, object: 60, pieces: 1, isStream: false, identityDepth: 3).parts
            }
            #expect((try? whole.get()) == (try? pieces.get()))
        }
    }
}
