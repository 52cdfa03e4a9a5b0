import Expressions
import Testing

@Suite("The language of expr-lang/expr: its functions")
struct FunctionTests {
    @Test(
        "texts",
        arguments: [
            "trim('  a ') == 'a'", "trim('__a_', '_') == 'a'", "trim('   ') == ''",
            "trimPrefix('HelloWorld', 'Hello') == 'World'",
            "trimSuffix('HelloWorld', 'World') == 'Hello'", "trimPrefix('ab', 'x') == 'ab'", "upper('aé') == 'AÉ'",
            "lower('AB') == 'ab'",
            "split('a,b,c', ',') == ['a', 'b', 'c']", "split('a,b,c', ',', 2) == ['a', 'b,c']",
            "split('abc', '') == ['a', 'b', 'c']",
            "split('a', ',', 0) == []", "split('', ',') == ['']", "splitAfter('a,b', ',') == ['a,', 'b']",
            "splitAfter('a,b,c', ',', 2) == ['a,', 'b,c']",
            "replace('Hello World', 'World', 'Universe') == 'Hello Universe'", "replace('aaa', 'a', 'b', 2) == 'bba'",
            "replace('ab', '', '-') == '-a-b-'",
            "repeat('Hi', 3) == 'HiHiHi'", "repeat('a', 0) == ''", "join(['a', 'b'], ',') == 'a,b'",
            "join(['a', 'b']) == 'ab'",
            "indexOf('apple pie', 'pie') == 6", "indexOf('a', 'b') == -1", "lastIndexOf('a b a', 'a') == 4",
            "hasPrefix('ab', 'a')",
            "hasSuffix('ab', 'b')", "len('héllo') == 5",
        ])
    func texts(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test(
        "numbers",
        arguments: [
            "max(5, 7) == 7", "max([1, 3], 2) == 3", "min(5, 7, 1) == 1", "min([2, 1.5]) == 1.5", "abs(-5) == 5",
            "abs(-1.5) == 1.5",
            "ceil(1.5) == 2.0", "floor(1.5) == 1.0", "round(1.5) == 2.0", "round(-2.5) == -3.0",
            "mean([1, 2, 3]) == 2.0", "median([3, 1, 2]) == 2.0",
            "median([1, 2]) == 1.5", "mean([]) == 0", "max([]) == nil", "bitand(0b1010, 0b1100) == 0b1000",
            "bitor(0b1010, 0b1100) == 0b1110",
            "bitxor(0b1010, 0b1100) == 0b110", "bitnand(0b1010, 0b1100) == 0b10", "bitnot(0b1010) == -0b1011",
            "bitshl(0b101101, 2) == 0b10110100",
            "bitshr(0b101101, 2) == 0b1011", "bitushr(-0b101, 2) == 4611686018427387902", "bitshl(1, 64) == 0",
            "bitshl(1, 9223372036854775807) == 0",
            "int('123') == 123", "int(1.9) == 1", "float('1.5') == 1.5", "float(2) == 2.0",
        ])
    func numbers(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test(
        "lists and maps",
        arguments: [
            "concat([1], [2, 3]) == [1, 2, 3]", "flatten([1, [2, [3]]]) == [1, 2, 3]", "uniq([1, 2, 2.0, 1]) == [1, 2]",
            "first([1, 2]) == 1",
            "last([1, 2]) == 2", "first([]) == nil", "take([1, 2, 3], 2) == [1, 2]", "take([1], 9) == [1]",
            "reverse([3, 1, 4]) == [4, 1, 3]",
            "sort([3, 1, 4]) == [1, 3, 4]", "sort(['b', 'a'], 'desc') == ['b', 'a']", "sort([2, 1.5]) == [1.5, 2]",
            "len({a: 1}) == 1", "get([1, 2], 1) == 2",
            "get([1], 7) == nil", "get([1, 2], -1) == 2", "get({a: 1}, 'a') == 1", "get({a: 1}, 'b') == nil",
            "get(nil, 'b') == nil", "keys({a: 1}) == ['a']",
            "values({a: 1}) == [1]", "toPairs({a: 1}) == [['a', 1]]", "fromPairs([['a', 1]]) == {a: 1}",
        ])
    func collections(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test(
        "conversions",
        arguments: [
            ("string(1.5)", "1.5"), ("string(1000000.0)", "1e+06"), ("string(123456.0)", "123456"),
            ("string(0.00001)", "1e-05"), ("string(0.0001)", "0.0001"),
            ("string([1, 'a', nil])", "[1 a <nil>]"), ("string({b: 1, a: true})", "map[a:true b:1]"),
            ("string(duration('90m'))", "1h30m0s"),
            ("string(duration('1.5ms'))", "1.5ms"), ("type([1]) ", "AAAA"), ("::type([1])", "array"),
            ("::type(now())", "time.Time"), ("::type(nil)", "nil"),
            ("toBase64('Hello World')", "SGVsbG8gV29ybGQ="), ("fromBase64('SGVsbG8gV29ybGQ=')", "Hello World"),
            ("toBase64('')", ""),
            (#"toJSON({"b": [1, "<"], "a": nil})"#, "{\n  \"a\": null,\n  \"b\": [\n    1,\n    \"\\u003c\"\n  ]\n}"),
            ("toJSON(1.5)", "1.5"), ("toJSON([])", "[]"),
            (#"fromJSON('{"a": [1, "x\\u0041"]}').a[1]"#, "xA"), ("string(fromJSON('[1e2, true]'))", "[100 true]"),
        ])
    func conversions(text: String, value: String) throws {
        let text = text.replacing("type([1]) ", with: "type()")
        #expect(try Sample.value(of: text) == .string(value))
    }

    @Test(
        "times are in UTC",
        arguments: [
            "now().Year() == 2026 and now().Month() == 11 and now().Day() == 30",
            "now().Hour() == 22 and now().Minute() == 34 and now().Second() == 5",
            "now().Weekday() == 1", "now().YearDay() == 334", "date('1970-01-01').Unix() == 0",
            "date('2024-02-29').YearDay() == 60",
            "date('2023-08-14T00:00:00+02:00').Day() == 13", "date('2023-08-14 12:00:00') > date('2023-08-14')",
            "duration('1h').Seconds() == 3600",
            "now() - duration('1h') < now()", "now() - date('2026-11-30') == duration('22h34m5s')",
            "duration('1.5s') == duration('1500ms')",
            "duration('-2m').Minutes() == -2", "duration('1s') * 2 == duration('2s')",
            "date('1969-12-31 23:59:59').Second() == 59",
        ])
    func times(text: String) throws {
        #expect(try Sample.value(of: text) == .bool(true))
    }

    @Test(
        "What a function cannot do with a value has no value",
        arguments: [
            ("int('x')", .unreadable), ("float('x')", .unreadable), ("fromJSON('{')", .unreadable),
            ("fromJSON('01')", .unreadable), ("fromBase64('x')", .unreadable),
            ("date('2023-02-30')", .unreadable), ("duration('1')", .unreadable), ("repeat('a', -1)", .outOfRange),
            ("bitshl(1, -1)", .outOfRange), ("1 % 0", .outOfRange),
            ("[1][1]", .outOfRange), ("[1][-2]", .outOfRange), ("reduce([], #acc + #)", .outOfRange),
            ("sort([1, 'a'])", .wrongType), ("join([1])", .wrongType),
            ("int(anything())", .wrongType), ("anything().x", .wrongType), ("anything() + 1", .wrongType),
            ("not anything()", .wrongType), ("anything() matches 'a'", .wrongType),
            ("'a' matches (name() + '(')", .unreadable), ("int(1e300)", .outOfRange), ("nothing()[0]", .wrongType),
            ("sort([2, 1], 'up')", .unreadable),
        ] as [(String, ExpressionFailure)])
    func failures(text: String, failure: ExpressionFailure) throws {
        #expect(try Sample.failure(of: text) == failure)
    }
}
