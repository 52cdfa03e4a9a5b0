import Testing

@testable import Corefile

@Suite("Corefile grammar: words")
struct LexerTests {
    @Test(
        "Words are cut at blanks, quotation marks hold them together, and # begins a comment",
        arguments: [
            ("host:123", ["host:123"]),
            ("a\tb  c\n\nd", ["a", "b", "c", "d"]),
            ("a # comment { }\nb", ["a", "b"]),
            ("#only a comment", []),
            (#"a "b c" d"#, ["a", "b c", "d"]),
            (#"a "" b"#, ["a", "", "b"]),
            (#""say \"hello\"" x"#, [#"say "hello""#, "x"]),
            (#""don't\escape""#, [#"don't\escape"#]),
            (#""don't\\escape""#, [#"don't\\escape"#]),
            (#""two\\" x"#, [#"two\\"#, "x"]),
            (#"in"side b"#, [#"in"side"#, "b"]),
            (#""a"b"#, ["a", "b"]),
            ("\"over\ntwo lines\" x", ["over\ntwo lines", "x"]),
            ("\"# no comment\"", ["# no comment"]),
            ("cut#the word only", ["cut", "word", "only"]),
            ("cut#\nnext", ["cut", "next"]),
            ("a\r\nb\rc d", ["a", "bc", "d"]),
            ("\u{FEFF}:8080", [":8080"]),
            ("a\u{A0}b\u{2003}c\u{3000}d\u{85}e", ["a", "b", "c", "d", "e"]),
            ("", []),
            ("{$HOME}", ["{$HOME}"]),
        ])
    func cut(_ text: String, _ expected: [String]) throws {
        #expect(try words(text) == expected)
    }

    @Test("Every word knows its line, column and quotation; columns count characters")
    func places() throws {
        let text = "ä b\n\t\"c\nd\" e\n  # x\n f"
        let tokens = try Lexer.tokens(of: Array(text.utf8), file: "F", maximumTokens: 9)
        #expect(tokens.map(\.place) == ["F:1:1", "F:1:3", "F:2:2", "F:3:4", "F:5:2"])
        #expect(tokens.map(\.isQuoted) == [false, false, true, false, false])
        #expect(tokens.map(\.startsLine) == [true, false, true, false, true])
    }

    @Test("Bytes that are not UTF-8, and NULs, are words like others")
    func binary() throws {
        let tokens = try Lexer.tokens(of: [0xFF, 0x00, 0x20, 0xC2], file: "F", maximumTokens: 9)
        #expect(tokens.map(\.text) == ["\u{FFFD}\0", "\u{FFFD}"])
        #expect(tokens.map(\.column) == [1, 4])
    }

    @Test("An open quotation mark is an error where it was opened", arguments: ["a\n b \"c\nd", "x\n   \""])
    func openQuote(_ text: String) {
        let error = mistake(text)
        #expect(error == ConfigurationError(.syntax, "", file: "", line: 0, column: 0))
        #expect(error?.message == "Unexpected EOF")
        #expect(error?.spot == "2:4")
    }
}
