import Corefile
import DNSWire
import LinearRegex

/// What one `template` is told.
struct TemplateConfiguration: Sendable {
    /// Which queries it is for; ANY stands for all.
    var recordClass = RecordClass.ANY
    var type = RecordType.ANY
    var zones: [String] = []
    /// The names it is for; none stands for all.
    var patterns: [Regex] = []
    var answer: [RecordTemplate] = []
    var authority: [RecordTemplate] = []
    var additional: [RecordTemplate] = []
    var responseCode = ResponseCode.noError
    /// An extended error for askers who speak EDNS, as an option in wire form (RFC 8914 §2).
    var extendedError: [UInt8] = []
    /// nil when a name that no pattern matches ends in SERVFAIL.
    var fallthroughZones: [String]?
    /// `upstream` was given, which has had no meaning for long.
    var hasUpstream = false

    private static let maximumPatternLength = 10_000

    static let directive = DirectiveDeclaration<TemplateConfiguration>(
        name: "template", summary: "makes records from what was asked", oncePerBlock: false,
        arguments: .init(
            usage: "CLASS TYPE [ZONES...]",
            summary: "the queries that are answered; ANY stands for every class or type",
            read: readArguments),
        options: [
            .init(
                "match", usage: "REGEXP...", "the names that are answered", defaultText: ".*", repetition: .adds,
                read: readPatterns),
            .init("answer", usage: "RECORD...", "records of the answer section", repetition: .adds) {
                configuration, reader throws(ConfigurationError) in
                configuration.answer += try records(.answer, &reader)
            },
            .init("additional", usage: "RECORD...", "records of the additional section", repetition: .adds) {
                configuration, reader throws(ConfigurationError) in
                configuration.additional += try records(.additional, &reader)
            },
            .init("authority", usage: "RECORD...", "records of the authority section", repetition: .adds) {
                configuration, reader throws(ConfigurationError) in
                configuration.authority += try records(.authority, &reader)
            },
            .init("rcode", usage: "CODE", "the response code", defaultText: "NOERROR", read: readCode),
            .init(
                "ederror", usage: "CODE [TEXT]", "an extended error for askers who speak EDNS", read: readExtendedError),
            .init(
                "fallthrough", usage: "[ZONES...]",
                "pass names in these zones that no pattern matches on to the next template or plugin"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.fallthroughZones = try reader.zones(default: ["."])
            },
            .init("upstream", "accepted and without effect, as in CoreDNS") {
                configuration, reader throws(ConfigurationError) in
                _ = try reader.remaining()
                configuration.hasUpstream = true
            },
            .init("var", usage: "NAME EXPRESSION", "not served yet", read: refuseExpression),
            .init("expr", usage: "EXPRESSION", "not served yet", read: refuseExpression),
        ],
        unknownOption: { "Wrong argument count or unexpected line ending after '\($0)'" })

    private static func readArguments(
        _ configuration: inout TemplateConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        let classWord = try reader.next("CLASS").text
        guard let recordClass = RecordClass(parsing: classWord) else {
            throw reader.fail(
                .invalidValue, "invalid query class \(QuotedText.excerpt(classWord))", hint: "usually IN; ANY for all")
        }
        let typeWord = try reader.next("TYPE").text
        guard let type = RecordType(parsing: typeWord) else {
            throw reader.fail(
                .invalidValue, "invalid RR class \(QuotedText.excerpt(typeWord))", hint: "a type such as A; ANY for all"
            )
        }
        configuration.recordClass = recordClass
        configuration.type = type
        configuration.zones = try reader.zones()
    }

    private static func readPatterns(
        _ configuration: inout TemplateConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        for token in try reader.remaining(atLeastOne: "REGEXP") {
            let length = token.text.utf8.count
            guard length <= maximumPatternLength else {
                throw reader.fail(
                    .invalidValue, "regex pattern too long: \(length) > \(maximumPatternLength)", at: token)
            }
            do {
                configuration.patterns.append(try Regex(token.text))
            } catch {
                throw reader.fail(
                    .invalidValue, "could not parse regex: \(QuotedText.excerpt(token.text)), \(error)", at: token)
            }
        }
    }

    private static func records(
        _ section: Section, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) -> [RecordTemplate] {
        var records: [RecordTemplate] = []
        for token in try reader.remaining(atLeastOne: "RECORD") {
            do {
                records.append(try RecordTemplate(token.text, section: section))
            } catch {
                throw reader.fail(
                    .invalidValue, "could not compile template: \(QuotedText.excerpt(token.text)), \(error)", at: token)
            }
        }
        return records
    }

    private static func readCode(
        _ configuration: inout TemplateConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        let word = try reader.next("CODE").text
        guard let code = ResponseCode(parsing: word) else {
            throw reader.fail(
                .invalidValue, "unknown rcode \(QuotedText.excerpt(word))", hint: "a name such as NXDOMAIN")
        }
        configuration.responseCode = code
    }

    private static func readExtendedError(
        _ configuration: inout TemplateConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        let code = try reader.integer("CODE", in: 0...65_535) { problem in
            problem.kind == .missing
                ? nil : "error parsing extended DNS error code \(problem.text), \(problem.message)"
        }
        let text = try reader.optionalNext().map { Array($0.text.utf8.prefix(255)) } ?? []
        let fields = [Int(EDNSOptionCode.extendedError.rawValue), text.count + 2, code]
        configuration.extendedError = fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + text
    }

    private static func refuseExpression(
        _ configuration: inout TemplateConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        throw reader.fail(
            .unservedOption, "Needletail does not serve the option '\(reader.subject.text)' yet",
            hint: "groups of 'match' and conditions ({{ if }}) in the records may do")
    }
}
