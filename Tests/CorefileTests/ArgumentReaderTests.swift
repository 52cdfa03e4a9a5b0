import Basics
import Testing

@testable import Corefile

@Suite("Arguments")
struct ArgumentReaderTests {
    /// A reader of the words of one line, its first the subject.
    func reader(_ line: String) throws -> ArgumentReader {
        let tokens = try Lexer.tokens(of: Array(line.utf8), file: "F", maximumTokens: 100)
        return ArgumentReader(
            plugin: "p", subject: tokens[0], tokens: Array(tokens.dropFirst()), serverZones: ["server."])
    }

    func message(_ body: () throws(ConfigurationError) -> Void) -> String {
        do {
            try body()
            return "none"
        } catch {
            return "\(error.line):\(error.column) \(error.message)"
        }
    }

    @Test("Words are read one after the other; what is upcoming is seen without reading")
    func order() throws {
        var reader = try reader("s a b c")
        #expect(reader.upcoming?.text == "a" && reader.count == 3)
        #expect(try reader.next("A").text == "a")
        #expect(reader.last.text == "a")
        #expect(try reader.optionalNext()?.text == "b")
        #expect(try reader.remaining().map(\.text) == ["c"])
        #expect(try reader.optionalNext() == nil && reader.upcoming == nil)
        try reader.finish()
        #expect(
            message { () throws(ConfigurationError) in _ = try reader.next("D") }
                == "1:7 Wrong argument count or unexpected line ending after 'c'")
    }

    @Test("A whole number keeps its bounds")
    func integers() throws {
        var good = try reader("s 1 -5 +7 10")
        #expect(try good.integer("n") == 1)
        #expect(try good.integer("n", in: -5...5) == -5)
        #expect(try good.integer("n") == 7)
        #expect(try good.integer("n", in: 10...10) == 10)
        for (text, expected) in [
            ("s 1.5", "1:3 strconv.Atoi: parsing \"1.5\": invalid syntax"),
            ("s 11", "1:3 n must be in range [1, 10]: 11"),
            ("s 0", "1:3 n must be in range [1, 10]: 0"),
            ("s 99999999999999999999", "1:3 strconv.Atoi: parsing \"99999999999999999999\": invalid syntax"),
            ("s", "1:1 Wrong argument count or unexpected line ending after 's'"),
        ] {
            var bad = try reader(text)
            #expect(message { () throws(ConfigurationError) in _ = try bad.integer("n", in: 1...10) } == expected)
        }
        var least = try reader("s 0")
        #expect(
            message { () throws(ConfigurationError) in _ = try least.integer("n", in: 1...Int.max) }
                == "1:3 n must be at least 1: 0")
    }

    @Test("A number keeps its bounds, and is finite")
    func doubles() throws {
        var good = try reader("s 0.5 1e3")
        #expect(try good.double("n", in: 0...1) == 0.5)
        #expect(try good.double("n") == 1000)
        for (text, expected) in [
            ("s x", "1:3 strconv.ParseFloat: parsing \"x\": invalid syntax"),
            ("s inf", "1:3 strconv.ParseFloat: parsing \"inf\": invalid syntax"),
            ("s 2", "1:3 n must be in range [0.0, 1.0]: 2.0"),
        ] {
            var bad = try reader(text)
            #expect(message { () throws(ConfigurationError) in _ = try bad.double("n", in: 0...1) } == expected)
        }
    }

    @Test("A duration keeps its bounds; a bare number counts where a unit is given")
    func durations() throws {
        var good = try reader("s 1m 30 2h")
        #expect(try good.duration("d", min: .seconds(60), max: .seconds(60)) == .seconds(60))
        #expect(try good.duration("d", bareUnit: .seconds(1)) == .seconds(30))
        #expect(try good.duration("d", bareUnit: .seconds(1)) == .seconds(7200))
        for (text, expected) in [
            ("s 1s", "1:3 d must be between 2s and 1m0s: 1s"), ("s 61s", "1:3 d must be between 2s and 1m0s: 1m1s"),
            ("s 30", "1:3 time: missing unit in duration \"30\""),
        ] {
            var bad = try reader(text)
            let message = message { () throws(ConfigurationError) in
                _ = try bad.duration("d", min: .seconds(2), max: .seconds(60))
            }
            #expect(message == expected)
        }
    }

    @Test("A plugin can have words of its own for a missing, malformed or excessive value")
    func ownWords() throws {
        let words: (ValueProblem) -> String? = { problem in
            switch problem.kind {
            case .missing: "ttl needs a time in second"
            case .malformed: "ttl needs a number of second"
            case .outOfRange: "ttl provided is invalid"
            }
        }
        for (text, expected) in [
            ("ttl", "1:1 ttl needs a time in second"), ("ttl x", "1:5 ttl needs a number of second"),
            ("ttl 0", "1:5 ttl provided is invalid"),
        ] {
            var reader = try reader(text)
            let message = message { () throws(ConfigurationError) in
                _ = try reader.integer("ttl", in: 1...65535, message: words)
            }
            #expect(message == expected)
        }
    }

    @Test("Zones are those named, or a default, or those of the server block")
    func zones() throws {
        var named = try reader("s A 10.0.0.0/8")
        #expect(try named.zones() == ["a.", "10.in-addr.arpa."])
        var bare = try reader("s")
        #expect(try bare.zones() == ["server."])
        #expect(try bare.zones(default: ["."]) == ["."])
        var wrong = try reader("s a b..c")
        #expect(
            message { () throws(ConfigurationError) in _ = try wrong.zones() }
                == "1:5 zone is not a valid domain name: b..c")
    }

    @Test("A prefix is CIDR notation or one address")
    func prefixes() throws {
        var reader = try reader("s 10.0.0.0/8 ::1 x")
        #expect(try reader.prefix("NET").description == "10.0.0.0/8")
        #expect(try reader.prefix("NET").description == "::1/128")
        #expect(message { () throws(ConfigurationError) in _ = try reader.prefix("NET") } == "1:18 invalid CIDR \"x\"")
    }

    @Test("Errors of a plugin carry its name and the place of the last word read, or another")
    func fail() throws {
        var reader = try reader("s a b")
        _ = try reader.next("A")
        #expect("\(reader.fail(.invalidValue, "bad", hint: "do"))" == "F:1:3: plugin/p: bad (do)")
        #expect("\(reader.fail(.invalidValue, "bad", at: reader.subject))" == "F:1:1: plugin/p: bad (found 's')")
        let word = try reader.next("B")
        #expect("\(reader.fail(.invalidValue, "no", hint: "do", at: word))" == "F:1:5: plugin/p: no (found 'b'; do)")
    }

    @Test("Long words and control characters are made harmless in messages")
    func excerpts() {
        #expect(QuotedText.excerpt("a\u{1B}[31m\n\u{202E}") == "a\\x1b[31m\\n\\u{202e}")
        #expect(QuotedText.doubleQuoted("a\"\\\t") == "\"a\\\"\\\\\\t\"")
        #expect(QuotedText.excerpt(String(repeating: "x", count: 1000)).count == 123)
    }
}
