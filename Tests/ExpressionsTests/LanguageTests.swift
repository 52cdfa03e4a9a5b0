import Expressions
import Testing

@Suite("The language of expr-lang/expr: what expressions give")
struct LanguageTests {
    @Test(
        "literals",
        arguments: [
            ("42", .int(42)), ("0x2A", .int(42)), ("0o52", .int(42)), ("0b101010", .int(42)), ("1_000", .int(1_000)),
            ("0.5", .float(0.5)), (".5", .float(0.5)), ("1e3", .float(1_000)), ("2.", .float(2)),
            ("true", .bool(true)), ("false", .bool(false)), ("nil", .null),
            (#"'a\'b'"#, .string("a'b")), (#""a\"b""#, .string("a\"b")),
            (#"'\x41\101\u0042\U00000043\u{1F600}\n'"#, .string("AABC😀\n")),
            (#"`a\n`"#, .string(#"a\n"#)), ("`a``b`", .string("a`b")), (#"b'\xff\101z'"#, .bytes([255, 65, 122])),
            ("/* one */ 1 // two", .int(1)), ("len([1, 2,])", .int(2)),
            ("len({a: 1, 'b': 2, 3: 4, ('c' + 'd'): 5,})", .int(4)),
        ] as [(String, ExpressionValue)])
    func literals(text: String, value: ExpressionValue) throws {
        #expect(try Sample.value(of: text) == value)
    }

    @Test(
        "arithmetic",
        arguments: [
            ("1 + 2 * 3", .int(7)), ("(1 + 2) * 3", .int(9)), ("7 / 2", .float(3.5)), ("7 % 3", .int(1)),
            ("-7 % 3", .int(-1)),
            ("2 ** 3 ** 2", .float(512)), ("2 ^ 3", .float(8)), ("-2 ** 2", .float(-4)), ("1 - 2 - 3", .int(-4)),
            ("+1 - -1", .int(2)), ("1 + 0.5", .float(1.5)), ("'a' + 'b'", .string("ab")),
            ("9223372036854775807 + 1", .int(.min)), ("-9223372036854775807 - 1", .int(.min)),
        ] as [(String, ExpressionValue)])
    func arithmetic(text: String, value: ExpressionValue) throws {
        #expect(try Sample.value(of: text) == value)
    }

    @Test(
        "expressions that are true",
        arguments: [
            "1 < 2", "2 >= 2", "'a' < 'b'", "1 < 2 < 3", "!(1 < 3 < 2)", "1 == 1.0", "'1' != '2'", "nil == nil",
            "[1, 2] == [1, 2]",
            "{a: 1} == {'a': 1}", "not false", "!false", "true and not false", "false or true",
            "true || false && false",
            "1 in [1, 2]", "3 not in [1, 2]", "'a' in {a: 1}", "not ('b' in {a: 1})", "anything() in [nil]",
            "'x.example.org' matches '^x[.]'", "'x' not matches 'y'", "'abc' contains 'bc'", "'abc' not contains 'x'",
            "'abc' startsWith 'ab'", "'abc' endsWith 'bc'", "'abc' not startsWith 'b'", "(1..3) == [1, 2, 3]",
            "len(3..1) == 0",
            "(true ? 1 : 2) == 1", "(false ?: true)", "(nil ?? 1) == 1", "(nothing() ?? 'x') == 'x'", "(1 ?? 2) == 1",
            "[1, 2, 3][0] == 1", "[1, 2, 3][-1] == 3", "[1, 2, 3, 4][1:3] == [2, 3]", "[1, 2, 3][:-1] == [1, 2]",
            "[1, 2][5:] == []",
            "[1, 2][:] == [1, 2]", "'abcd'[1:3] == 'bc'", "{a: {b: 1}}.a.b == 1", "{a: 1}['a'] == 1", "{a: 1}.b == nil",
            "nothing()?.a.b == nil", "nothing()?.[0] == nil", "{a: nil}.a?.b == nil",
            "if size() > 30 { true } else { false }",
            "if false { false } else if false { false } else { true }", "let x = 42; x * 2 == 84",
            "let a = 1; let b = 2; a + b == 3",
            "'A,B' | lower() | split(',') == ['a', 'b']", "1; true", "name() == 'a.example.org.'", "type() == 'AAAA'",
            "::type(1) == 'int'",
            "label('x') == '<x>'", "even(4) and not even(3)", "size() in [30, 31]",
            "name() in ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'a.example.org.']",
        ])
    func truths(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test(
        "predicates: the element is #, its fields need no #, and #acc and #index are there where they have a meaning",
        arguments: [
            "all([1, 2], # > 0)", "all([], false)", "any([1, 2], {# > 1})", "none([1, 2], # > 2)", "one([1, 2], # > 1)",
            "!one([2, 2], # > 1)", "map([1, 2], # * 2) == [2, 4]", "map(['a'], #index) == [0]",
            "filter(0..9, {# % 2 == 0}) == [0, 2, 4, 6, 8]",
            "find([1, 2, 3], # > 1) == 2", "findIndex([1, 2, 3], # > 1) == 1", "findLast([1, 2, 3], # < 3) == 2",
            "findLastIndex([1, 2, 3], # < 3) == 1", "find([1], # > 1) == nil", "count([1, 2, 3], # > 1) == 2",
            "count([true, false]) == 1",
            "sum([1, 2, 3]) == 6", "sum([{n: 1}, {n: 2}], .n) == 3", "sum([]) == 0",
            "groupBy(['a', 'bb', 'c'], len(#))[1] == ['a', 'c']",
            "sortBy([{a: 2}, {a: 1}], .a)[0].a == 1", "sortBy([1, 3, 2], #, 'desc') == [3, 2, 1]",
            "reduce(1..9, #acc + #) == 45",
            "reduce(1..9, #acc + #, 5) == 50", "reduce(['a', 'b'], #acc + string(#index), '') == '01'",
            "filter([{n: 'ab'}], len(.n) == 2 && .n startsWith 'a') | len() == 1",
            "any([[1, 2], [3]], {let list = #; any(list, # == len(list) + 1)}) == false",
            "any(split(name(), '.'), # == 'org')",
            "map([{a: 1}], {.a}) == [1]", "map([[1], [2]], #[0]) == [1, 2]",
        ])
    func predicates(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test("What is known to be a bool is known to be one before there is a value, and what is not, is not")
    func types() throws {
        func type(_ text: String) throws -> ExpressionType {
            try CompiledExpression(text, functions: Sample.functions).type
        }
        #expect(try type("name() == 'x' or any([1], # > 0)") == .bool)
        #expect(try type("size() > 1 ? true : false") == .bool)
        #expect(try type("name()") == .string)
        #expect(try type("1 + 1.5") == .float)
        #expect(try type("map([1], 'a')") == .array(.string))
        #expect(try type("anything()") == .any)
        #expect(try type("anything() ?? true") == .any)
    }

    @Test("The parts of `and` and `or` are looked at until one decides")
    func shortCircuit() throws {
        #expect(try Sample.value(of: "false and [1][5] == 1") == .bool(false))
        #expect(try Sample.value(of: "true or [1][5] == 1") == .bool(true))
        #expect(try Sample.value(of: "true ? 1 : [1][5]") == .int(1))
        #expect(try Sample.failure(of: "true and [1][5] == 1") == .outOfRange)
    }
}
