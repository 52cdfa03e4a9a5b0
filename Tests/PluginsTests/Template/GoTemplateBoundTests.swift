import DNSWire
import LDNS
import Testing

@testable import Plugins

@Suite struct GoTemplateBoundTests {
    @Test(
        "the least and the greatest numbers are widths, precisions and places of nothing",
        arguments: [
            ("{{ printf \"%*d\" -9223372036854775808 1 }}", "%!(BADWIDTH)1"),
            ("{{ printf \"%*d\" 9223372036854775807 1 }}", "%!(BADWIDTH)1"),
            ("{{ printf \"%-*d|%*d|\" 3 1 -3 2 }}", "1  |2  |"),
            ("{{ printf \"%.*d\" -9223372036854775808 1 }}", "%!(BADPREC)1"),
            ("{{ printf \"%.*f\" 9223372036854775807 1.5 }}", "%!(BADPREC)1.500000"),
            ("{{ printf \"%*d\" (parseInt \"18446744073709551615\" 10 64) 1 }}", "%!(BADWIDTH)1"),
            ("{{ printf \"%[9223372036854775807]d\" 1 }}", "%!d(BADINDEX)"),
            ("{{ printf \"%[-9223372036854775808]d\" 1 }}", "%!d(BADINDEX)"),
            ("{{ printf \"%[0]d\" 1 }}", "%!d(BADINDEX)"),
            (
                "{{ printf \"%d %x\" -9223372036854775808 -9223372036854775808 }}",
                "-9223372036854775808 -8000000000000000"
            ),
            ("{{ range -9223372036854775808 }}x{{ else }}y{{ end }}", "y"),
            ("{{ range 9223372036854775807 }}x{{ break }}{{ end }}", "x"),
        ])
    func numbers(_ source: String, _ text: String) throws {
        #expect(try GoTemplateFixture.text(source) == text)
    }

    @Test(
        "a place that is the least or the greatest number is out of range",
        arguments: [
            ("{{ slice \"abc\" 0 -9223372036854775808 }}", "slice: index out of range: -9223372036854775808"),
            ("{{ slice .Match 0 1 9223372036854775807 }}", "slice: index out of range: 9223372036854775807"),
            ("{{ index .Match 9223372036854775807 }}", "index: index out of range: 9223372036854775807"),
            ("{{ index .Name -9223372036854775808 }}", "index: index out of range: -9223372036854775808"),
            (
                "{{ parseInt \"1\" -9223372036854775808 8 }}",
                "parseInt: strconv.ParseUint: parsing \"1\": invalid base -9223372036854775808"
            ),
            (
                "{{ parseInt \"1\" 10 9223372036854775807 }}",
                "parseInt: strconv.ParseUint: parsing \"1\": invalid bit size 9223372036854775807"
            ),
            (
                "{{ parseInt \"-9223372036854775808\" 10 64 }}",
                "parseInt: strconv.ParseUint: parsing \"-9223372036854775808\": invalid syntax"
            ),
        ])
    func places(_ source: String, _ message: String) {
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source) }
        #expect(error?.description == "error calling " + message)
    }

    @Test("digits behind all that a number has are zeros")
    func precision() throws {
        let fixed = try GoTemplateFixture.text("{{ printf \"%.5000f\" 1.5 }}")
        #expect(fixed == "1.5" + String(repeating: "0", count: 4_999))
        let scientific = try GoTemplateFixture.text("{{ printf \"%.5000e\" 1.5 }}")
        #expect(scientific == "1.5" + String(repeating: "0", count: 4_999) + "e+00")
    }

    @Test("a quoted text in a message is short, however long the text is")
    func excerpt() {
        let error = #expect(throws: GoTemplateError.self) {
            try GoTemplateFixture.text("{{ parseInt (printf \"%60000s\" \"x\") 10 64 }}")
        }
        #expect(error.map { $0.description.utf8.count < 200 } == true)
    }

    @Test("a field of each element of a list is counted before it is made")
    func wideList() {
        let work = GoWork()
        let list = GoValue.texts(Array(repeating: "a", count: 120))
        let error = #expect(throws: GoTemplateError.self) { try GoFormat.text("%65535s", [list], work) }
        #expect(error?.description == "it takes too many steps")
    }

    @Test(
        "what is gone through is counted, too: arguments, variables, brackets, keys",
        arguments: [
            "{{ range 10000 }}{{ $x := and" + String(repeating: " 1", count: 50) + " }}{{ end }}",
            (0..<200).map { "{{ $v\($0) := 1 }}" }.joined() + "{{ range 10000 }}{{ if $v0 }}{{ end }}{{ end }}",
            "{{ printf \"" + String(repeating: "%[", count: 5_000) + "\" 1 }}",
            "{{ range 5000 }}{{ range $.Group }}{{ break }}{{ end }}{{ end }}",
        ])
    func counted(_ source: String) {
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source) }
        #expect(error?.description == "it takes too many steps")
    }

    @Test("256 variables may be seen at one place")
    func variables() throws {
        func source(_ count: Int) -> String { (0..<count).map { "{{ $v\($0) := 1 }}" }.joined() }
        #expect(try GoTemplateFixture.text(source(256)) == "")
        #expect(try GoTemplateFixture.text("{{ if 1 }}\(source(200)){{ end }}\(source(256))") == "")
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source(257)) }
        #expect(error?.description == "more than 256 variables can be seen here, in {{ $v256 := 1 }}")
    }

    // MARK: The query

    private final class Reads {
        var count = 0
    }

    private func data(_ reads: Reads, length: Int) throws -> TemplateData {
        let name = try Name(parsing: "www.example.org.")
        var data = TemplateData(zone: "example.org.", name: name.text)
        data.messageLength = length
        data.message = {
            reads.count += 1
            return Message(id: 7, asking: Question(name, .AAAA))
        }
        return data
    }

    @Test("a query is read once, however often its fields are named, and by all records")
    func readOnce() throws {
        let reads = Reads()
        let data = try data(reads, length: 40)
        for _ in 0..<2 {
            let source = "{{ range 1000 }}{{ if $.Message.Question }}{{ $.Question.Qtype }}{{ end }}{{ end }}"
            let text = try GoTemplate(source, fields: TemplateData.fields).text(with: data)
            #expect(text == String(repeating: "28", count: 1_000))
        }
        #expect(reads.count == 1)
    }

    @Test("a query of more than 16 KiB is not read for a template")
    func longQuery() throws {
        let reads = Reads()
        let template = try GoTemplate("{{ .Message.Id }}", fields: TemplateData.fields)
        #expect(try template.text(with: try data(reads, length: 16_000)) == "7")
        let error = #expect(throws: GoTemplateError.self) { try template.text(with: try data(reads, length: 16_384)) }
        #expect(error?.description == "it takes too many steps")
        #expect(reads.count == 1)
    }

    @Test("the records of one reply share their work")
    func sharedWork() throws {
        let record = try RecordTemplate("{{ range 10000 }}{{ end }}{{ .Name }} 60 IN A 192.0.2.1", section: .answer)
        let data = try data(Reads(), length: 40)
        for _ in 0..<3 { #expect(throws: Never.self) { try record.record { data } } }
        for _ in 0..<10 { _ = try? record.record { data } }
        #expect(throws: RecordTemplate.Failure.self) { try record.record { data } }
    }

    @Test("a record that is made has at most 512 words, a quoted text being one")
    func words() throws {
        func made(_ texts: String, _ count: Int) throws -> Int {
            let source = "{{ .Name }} 60 IN TXT{{ range \(count) }} \(texts){{ end }}"
            let data = try data(Reads(), length: 40)
            return try RecordTemplate(source, section: .answer).record { data }.rdata.count
        }
        #expect(try made("a", 508) == 1_016)
        #expect(try made("\"a b \\\" c\"", 508) == 508 * 8)
        #expect(throws: RecordTemplate.Failure.self) { try made("a", 509) }
        #expect(throws: RecordTemplate.Failure.self) { try made("\"a\"", 509) }
        #expect(throws: RecordTemplate.Failure.self) { try made("\"a\"\"b\"", 255) }
    }
}
