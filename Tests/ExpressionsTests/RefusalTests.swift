import Expressions
import Testing

@Suite("The language of expr-lang/expr: mistakes and bounds")
struct RefusalTests {
    @Test(
        "A mistake is told with its place",
        arguments: [
            ("", "unexpected end at character 1"), ("1 +", "unexpected end at character 4"),
            ("(1", "unexpected end, ')' was expected at character 3"),
            ("1 2", "unexpected '2' at character 3"), ("'a", "literal not terminated at character 1"),
            ("`a", "literal not terminated at character 1"),
            (#"'\q'"#, "invalid char escape at character 2"), ("/* a", "unclosed comment at character 1"),
            ("12a", "bad number syntax: '12a' at character 1"),
            ("a ~ b", "unrecognized character '~' at character 3"),
            ("unknown()", "unknown function 'unknown' at character 1"),
            ("true and x", "unknown name 'x' at character 10"),
            ("name == 'a'", "'name' is a function: write 'name(…)' at character 1"),
            ("name() == 1", "'==' does not take string and int at character 8"),
            ("name() and true", "'and' does not take string at character 1"),
            ("!1", "'!' does not take int at character 1"), ("-'a'", "'-' does not take string at character 1"),
            ("1 + 'a'", "'+' does not take int and string at character 3"),
            ("1 in ['a']", "a list of string has no int in it at character 3"),
            ("1 in 'a'", "'in' does not take int and string at character 3"),
            ("name() matches '('", "could not parse the pattern: "),
            ("1 < 'a'", "'<' does not take int and string at character 3"),
            ("1 ? 2 : 3", "a condition must be a bool, not int at character 1"),
            ("name()[0]", "string has no elements at character 7"),
            ("name().x", "string has no fields at character 8"),
            ("[1]['a']", "elements of a list are chosen by an int, not string at character 5"),
            ("1[1:2]", "unexpected '['"), ("len(1)", "'len' does not take int here at character 5"),
            ("len()", "'len' takes 1 arguments, not 0 at character 1"),
            ("name(1)", "'name' takes 0 arguments, not 1 at character 1"),
            ("label(1)", "'label' takes string here, not int at character 7"),
            ("even(-1)", "no number below zero at character 6"),
            ("any([1], #)", "the predicate must give a bool, not int at character 10"),
            ("any(1, true)", "'any' takes a list, not int at character 5"), ("#", "unexpected '#' at character 1"),
            ("any([1], #x)", "unknown pointer '#x' at character 10"),
            ("let x = 1; let x = 2; x", "cannot redeclare 'x' at character 16"),
            ("let len = 1; 1", "cannot redeclare 'len' at character 5"),
            ("timezone('UTC')", "'timezone' is not served: times are in UTC here at character 1"),
            ("$env", "'$env' is not served"),
            ("date('a', 'b')", "'date' takes 1 arguments, not 2 at character 1"),
            ("1 ?? 2 + 3", "'+' behind '??' needs brackets around one of them at character 8"),
            ("name().Year()", "string has no method 'Year' at character 8"),
            ("now().Zone()", "time has no method 'Zone' here at character 7"),
            ("any([1], 1; true)", "unexpected ';', wrap the predicate in { and }"), ("not not", "unexpected end"),
            ("1 not + 2", "unexpected '+' behind 'not'"),
        ])
    func mistakes(text: String, message: String) {
        #expect(
            Sample.refusal(of: text)?.description.hasPrefix(message) == true,
            "\(Sample.refusal(of: text)?.description ?? "none")")
    }

    @Test("A text is at most 65,536 octets long, and nested 128 deep; a list of `or` may be as long as it likes")
    func length() throws {
        #expect(Sample.refusal(of: "'" + String(repeating: "a", count: 65_536) + "'") != nil)
        #expect(Sample.refusal(of: String(repeating: "(", count: 30_000)) != nil)
        #expect(Sample.refusal(of: String(repeating: "!", count: 30_000) + "true") != nil)
        #expect(Sample.refusal(of: "1" + String(repeating: " + 1", count: 200)) != nil)
        #expect(Sample.refusal(of: "nothing()" + String(repeating: "[0]", count: 200)) != nil)
        #expect(Sample.refusal(of: String(repeating: "[", count: 100) + String(repeating: "]", count: 100)) == nil)
        let many = (0..<2_000).map { "name() == 'a\($0)'" }.joined(separator: " or ")
        #expect(try Sample.value(of: many) == .bool(false))
    }

    @Test(
        "An evaluation that would take too much has no value",
        arguments: [
            ("1..1000000", .tooMuchWork), ("-9223372036854775807..9223372036854775807", .tooMuchWork),
            ("all(1..1000, all(1..1000, true))", .tooMuchWork),
            ("repeat('a', 1000000000000000000)", .tooMuchWork), ("repeat('abc', 9223372036854775807)", .tooMuchWork),
            ("reduce(1..100, #acc + #acc, 'a')", .tooMuchWork),
            ("reduce(1..100, concat(#acc, #acc), [1])", .tooMuchWork),
            ("reduce(1..1000, [#acc], [])", .tooDeep), ("reduce(1..1000, {{a: #acc}}, {})", .tooDeep),
            ("fromJSON(repeat('[', 1000))", .tooDeep),
            ("uniq(1..10000)", .tooMuchWork), ("replace(repeat('a', 10000), 'a', repeat('b', 10000))", .tooMuchWork),
            ("repeat('a', 100000) contains repeat('a', 50000) + 'b'", .tooMuchWork),
            ("toJSON(map(1..40000, 'aaaaaaaaaaaaaaaaaaaaaaaaa'))", .tooMuchWork),
        ] as [(String, ExpressionFailure)])
    func work(text: String, failure: ExpressionFailure) throws {
        #expect(try Sample.failure(of: text) == failure)
    }

    @Test("A pattern that is not known beforehand costs what it would take")
    func patterns() throws {
        #expect(try Sample.failure(of: "repeat('a', 1500000) matches ('(a|b|c)*' + name())") == .tooMuchWork)
        #expect(try Sample.value(of: "name() matches ('^a' + '[.]')") == .bool(true))
    }

    @Test("A run is used again: one evaluation leaves nothing to the next")
    func reuse() throws {
        let run = ExpressionRun(Sample())
        let costly = try CompiledExpression("len(1..100000) > 0")
        let variable = try CompiledExpression("let x = size(); x == 31", functions: Sample.functions)
        for _ in 0..<5 {
            #expect(try costly.isTrue(in: run))
            #expect(try variable.isTrue(in: run))
        }
        let other = try CompiledExpression("'true'")
        #expect(try !other.isTrue(in: run))
    }
}
