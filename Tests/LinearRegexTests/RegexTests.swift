import LinearRegex
import Testing

@Suite struct RegexTests {
    /// Pattern, text, and where the match and its groups are, `x` for a group that took no part, as RE2 has it.
    static let table: [(String, String, String)] = [
        (#"abc"#, "xabcx", "1-4"),
        (#"a"#, "", "none"),
        (#""#, "abc", "0-0"),
        (#"a*"#, "aaab", "0-3"),
        (#"a*"#, "baaa", "0-0"),
        (#"a+?"#, "aaa", "0-1"),
        (#"a??b"#, "aab", "1-3"),
        (#"(a|ab)(c|bcd)(d*)"#, "abcd", "0-4 0-1 1-4 4-4"),
        (#"(a+)(b+)"#, "xaabbb", "1-6 1-3 3-6"),
        (#"(?:a|b)+c"#, "ababc", "0-5"),
        (#"(a)|(b)"#, "b", "0-1 x 0-1"),
        (#"(a*)*"#, "b", "0-0 0-0"),
        (#"(a*)+"#, "b", "0-0 0-0"),
        (#"(a|b)*"#, "ab", "0-2 1-2"),
        (#"(|a)*"#, "aa", "0-0 0-0"),
        (#"(|a)+"#, "aa", "0-0 0-0"),
        (#"(a*)*b"#, "aab", "0-3 0-2"),
        (#"((a)|b)*"#, "ab", "0-2 1-2 0-1"),
        (#"(a?)*?$"#, "aa", "0-2 1-2"),
        (#"(?:(a)|b)*"#, "ab", "0-2 0-1"),
        (#"x{2}"#, "xxx", "0-2"),
        (#"x{2,}"#, "xxxxx", "0-5"),
        (#"x{2,3}"#, "xxxxx", "0-3"),
        (#"x{2,3}?"#, "xxxxx", "0-2"),
        (#"x{0}y"#, "xxy", "2-3"),
        (#"x{,2}"#, "x{,2}", "0-5"),
        (#"x{a}"#, "x{a}", "0-4"),
        (#"x{01}"#, "x{01}", "0-5"),
        (#"(x{2}){3}"#, "xxxxxxx", "0-6 4-6"),
        (#"."#, "\n", "none"),
        (#"(?s)."#, "\n", "0-1"),
        (#"[^a]"#, "\n", "0-1"),
        (#"[a-c]+"#, "xxabcabcxx", "2-8"),
        (#"[^a-c]+"#, "abxyzab", "2-5"),
        (#"[]a]+"#, "x]a]", "1-4"),
        (#"[a-]+"#, "b-a-", "1-4"),
        (#"[-a]+"#, "b-a-", "1-4"),
        (#"[a\-z]+"#, "b-z", "1-3"),
        (#"[\d.]+"#, "x1.2.3x", "1-6"),
        (#"[\w-]+"#, "!a-b_c!", "1-6"),
        (#"[[:alpha:]]+"#, "12abc3", "2-5"),
        (#"[[:^alpha:]]+"#, "ab12c", "2-4"),
        (#"[^[:digit:]]+"#, "12ab3", "2-4"),
        (#"[[:alph]+"#, "x[:ay", "1-4"),
        (#"[\]]"#, "]", "0-1"),
        (#"\d+"#, "a123b", "1-4"),
        (#"\D+"#, "12ab3", "2-4"),
        (#"\w+"#, "!ab_1!", "1-5"),
        (#"\W+"#, "ab!?c", "2-4"),
        (#"\s+"#, "ab \t\ncd", "2-5"),
        (#"\S+"#, "  ab", "2-4"),
        (#"\bfoo\b"#, "a foo b", "2-5"),
        (#"\bfoo\b"#, "afoob", "none"),
        (#"\Bo\B"#, "foob", "1-2"),
        (#"^"#, "abc", "0-0"),
        (#"$"#, "abc", "3-3"),
        (#"^b"#, "a\nb", "none"),
        (#"(?m)^b"#, "a\nb", "2-3"),
        (#"a$"#, "a\nb", "none"),
        (#"(?m)a$"#, "a\nb", "0-1"),
        (#"\Ab"#, "a\nb", "none"),
        (#"a\z"#, "a\nba", "3-4"),
        (#"(?i)AbC"#, "xaBcx", "1-4"),
        (#"(?i)[a-c]+"#, "xABCx", "1-4"),
        (#"(?i)[^a]"#, "A", "none"),
        (#"a(?i)b"#, "AB aB", "3-5"),
        (#"a(?i:b)c"#, "aBc aBC", "0-3"),
        (#"(?i:a(?-i)b)"#, "AB Ab", "3-5"),
        (#"(?U)a+"#, "aaa", "0-1"),
        (#"(?U)a+?"#, "aaa", "0-3"),
        (#"(?U:a+)a*"#, "aaa", "0-3"),
        (#"(?sm)^a.b$"#, "x\na\nb", "2-5"),
        (#"(?P<first>a)(?<second>b)"#, "ab", "0-2 0-1 1-2"),
        (#"\x61\x{62}\143"#, "abc", "0-3"),
        (#"\.\*\\"#, ".*\\", "0-3"),
        (#"\Qa.b\E+"#, "a.bb", "0-4"),
        (#"\Q(*\E"#, "x(*", "1-3"),
        (#"\a\f\t\v"#, "\u{7}\u{c}\t\u{b}", "0-4"),
        (#"a|b|c|"#, "c", "0-1"),
        (#"(?:)"#, "a", "0-0"),
        (#"()"#, "a", "0-0 0-0"),
        (#"a||b"#, "b", "0-0"),
        (#"^(.*)\.cluster\.local\.$"#, "web.default.svc.cluster.local.", "0-30 0-15"),
        (#"^([a-zA-Z0-9-]+)\.(?P<ns>[a-z0-9-]+)\.example\.org\.$"#, "api.prod.example.org.", "0-21 0-3 4-8"),
        (
            #"(^|[.])ip-10-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)\.example[.]$"#, "www.ip-10-1-22-3.example.",
            "3-25 3-4 10-11 12-14 15-16"
        ),
        (
            #"(^|[.])ip-10-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)\.example[.]$"#, "ip-10--22-3.example.",
            "0-20 0-0 6-6 7-9 10-11"
        ),
        (#"^[.]$"#, ".", "0-1"),
        (#"(.*)-(us-west-1)\.coredns\.rocks"#, "ftp-us-west-1.coredns.rocks", "0-27 0-3 4-13"),
        (#"^ftp-(?:us|eu)-\w+\.(?:[a-z]+\.)*$"#, "ftp-eu-x.a.b.c.", "0-15"),
        (#"[^.]+\.[^.]+$"#, "a.b.c", "2-5"),
        (#"(?i)\.ARPA\.$"#, "1.0.0.127.in-addr.arpa.", "17-23"),
    ]

    @Test("the match and the groups are those of RE2", arguments: table)
    func match(_ pattern: String, _ text: String, _ expected: String) throws {
        let regex = try Regex(pattern)
        #expect(Self.spans(regex.firstMatch(in: text)) == expected)
        #expect(regex.matches(text) == (expected != "none"))
    }

    private static func spans(_ match: RegexMatch?) -> String {
        guard let match else { return "none" }
        let spans = (0..<match.count).map { group in
            match.range(group).map { "\($0.lowerBound)-\($0.upperBound)" } ?? "x"
        }
        return spans.joined(separator: " ")
    }

    @Test("groups are found by number and by name")
    func groups() throws {
        let regex = try Regex("(?P<host>[a-z]+)(-[0-9]+)?\\.(?<zone>.*)")
        #expect(regex.groupCount == 3)
        #expect(regex.groupNames == [nil, "host", nil, "zone"])
        let match = try #require(regex.firstMatch(in: "9web.example.org."))
        #expect(match.range == 1..<17)
        #expect(match[0] == "web.example.org.")
        #expect(match[1] == "web")
        #expect(match[2] == nil)
        #expect(match[3] == "example.org.")
        #expect(match[4] == nil)
        #expect(match[-1] == nil)
        #expect(match["host"] == "web")
        #expect(match["zone"] == "example.org.")
        #expect(match["nobody"] == nil)
    }

    @Test("texts are bytes: what is not ASCII is matched byte by byte, literals whole")
    func bytes() throws {
        #expect(Self.spans(try Regex("é+").firstMatch(in: "aééb")) == "1-5")
        #expect(Self.spans(try Regex("\\x{e9}").firstMatch(in: "aé")) == "1-3")
        #expect(Self.spans(try Regex("^..$").firstMatch(in: "é")) == "0-2")
        #expect(Self.spans(try Regex("[^a]").firstMatch(in: [0x61, 0xFF])) == "1-2")
        #expect(Self.spans(try Regex("\\0a").firstMatch(in: [0x61, 0, 0x61])) == "1-3")
    }

    static let wrong: [(String, String, Int)] = [
        ("(a", "missing )", 0), ("a)", "unexpected )", 1), ("b(a(c)", "missing )", 1), ("[a", "missing ]", 0),
        ("x[]", "missing ]", 1), ("[z-a]", "bad range", 1), ("[a-\\d]", "unknown escape", 3),
        ("[[:nope:]]", "unknown class [:nope:]", 1), ("*a", "nothing to repeat", 0), ("a|*", "nothing to repeat", 2),
        ("(?i)+", "nothing to repeat", 4), ("{2}", "nothing to repeat", 0), ("a**", "repetition of a repetition", 2),
        ("a+*", "repetition of a repetition", 2), ("a{2}{3}", "repetition of a repetition", 4),
        ("a{2,1}", "bad repetition bounds", 1), ("a{1001}", "bad repetition bounds", 1),
        ("a{99999999999999999999}", "bad repetition bounds", 1), ("a{1,1001}", "bad repetition bounds", 1),
        ("(a{100}){11}", "repeated more than 1000 times", 8), ("\\", "nothing after \\", 0),
        ("a\\", "nothing after \\", 1),
        ("\\1", "backreferences are not supported", 0), ("(a)\\8", "backreferences are not supported", 3),
        ("\\pL", "Unicode classes are not supported", 0), ("[\\p{Greek}]", "Unicode classes are not supported", 1),
        ("\\Z", "unknown escape", 0), ("\\G", "unknown escape", 0), ("\\x4", "bad \\x escape", 0),
        ("\\x{41", "bad \\x escape", 0), ("\\x{D800}", "not a character", 0), ("\\x{110000}", "not a character", 0),
        ("[é]", "a class holds ASCII characters only", 1), ("[\\x{e9}]", "a class holds ASCII characters only", 1),
        ("(?=a)", "look-around is not supported", 0), ("(?!a)", "look-around is not supported", 0),
        ("(?<=a)", "look-around is not supported", 0), ("(?<!a)", "look-around is not supported", 0),
        ("(?P<a>x)(?P<a>y)", "group a given twice", 8), ("(?P<>x)", "bad group name", 0),
        ("(?P<a-b>x)", "bad group name", 0), ("(?Pa)", "unknown group syntax", 0), ("(?x)a", "unknown group syntax", 0),
        ("(?i-)a", "unknown group syntax", 0), ("(?i", "missing )", 0), ("(?i:a", "missing )", 0),
        ("(?>a)", "unknown group syntax", 0), ("(?#a)", "unknown group syntax", 0),
    ]

    @Test("a pattern that is wrong, or cannot be matched in linear time, is refused with its place", arguments: wrong)
    func refused(_ pattern: String, _ message: String, _ position: Int) throws {
        let error = try #require(throws: RegexError.self) { try Regex(pattern) }
        #expect(error.description == "\(message) at position \(position)")
    }

    @Test("patterns that are too long, too deep, or have too many groups or repetitions are refused")
    func limits() throws {
        #expect(throws: Never.self) { try Regex(String(repeating: "a", count: 10_000)) }
        for pattern in [
            String(repeating: "a", count: 10_001),
            String(repeating: "(", count: 300) + String(repeating: ")", count: 300),
            String(repeating: "()", count: 1_001), String(repeating: "a{1000}", count: 40),
            String(repeating: "(a{100})", count: 300),
        ] {
            #expect(throws: RegexError.self) { try Regex(pattern) }
        }
    }

    @Test("nested groups up to the limit are read and matched")
    func depth() throws {
        let regex = try Regex(String(repeating: "(?:", count: 200) + "a" + String(repeating: ")*", count: 200))
        #expect(Self.spans(regex.firstMatch(in: "aaa")) == "0-3")
    }
}
