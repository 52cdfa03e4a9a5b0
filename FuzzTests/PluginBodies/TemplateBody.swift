import DNSServer
import DNSWire
import FuzzBodies
import LDNS
import LinearRegex

@testable import Plugins

extension FuzzBody {
    /// The first line is a name that somebody asks for, the rest a record template: it is read and filled in the same way each time, its
    /// text is bounded, and what becomes a record is one in a message.
    static let template = FuzzBody(name: "FuzzTemplate") { octets in
        let name = String(decoding: octets.prefix { $0 != 0x0A }, as: UTF8.self)
        let source = String(decoding: octets.drop { $0 != 0x0A }.dropFirst(), as: UTF8.self)
        guard let template = try? GoTemplate(source, fields: TemplateData.fields) else { return nil }
        guard template.source == source else { return "another source" }
        let text = Result { () throws(GoTemplateError) in try template.text(with: data(for: name)) }
        guard text == Result(catching: { () throws(GoTemplateError) in try template.text(with: data(for: name)) })
        else {
            return "filled in differently the second time"
        }
        if let constant = template.constant, text != .success(constant) { return "not the constant text" }
        if case .success(let text) = text, text.utf8.count > GoTemplate.maximumTextLength {
            return "a text of \(text.utf8.count) octets"
        }
        return checkRecord(source, data(for: name))
    }

    /// What a query for `text` would give.
    private static func data(for text: String) -> TemplateData {
        let name = (try? Name(parsing: text)) ?? .root
        var data = TemplateData(zone: "example.org.", name: name.lowercased.text)
        if let regex = try? Regex("^(?P<a>[^.]*)[.](.*)$"), let match = regex.firstMatch(in: data.name) {
            data.take(match, of: regex)
        }
        data.recordClass = "IN"
        data.type = "AAAA"
        data.remote = "192.0.2.7"
        data.message = { Message(id: 7, asking: Question(name, .AAAA), edns: EDNS(payloadSize: 1_232)) }
        data.metadata = { $0 == "a/b" ? "known" : nil }
        return data
    }

    private static func checkRecord(_ source: String, _ data: TemplateData) -> String? {
        guard let template = try? RecordTemplate(source, section: .answer) else { return nil }
        guard let record = try? template.record({ data }) else { return nil }
        let writer = MessageWriter()
        writer.begin(id: 1, flags: MessageHeader.Flags(rawValue: MessageHeader.Flags.response))
        writer.section = .answer
        writer.append(record, question: [UInt8]().span)
        writer.finish()
        let message = writer.bytes.copy()
        do throws(WireError) {
            var walk = try RecordWalk(message.span)
            let first = try walk.next()
            guard let view = first?.record else { return writer.header.flags.isTruncated ? nil : "no record" }
            guard view.type.rawValue == record.type, view.dataLength == record.rdata.count else {
                return "another record"
            }
            return walk.offset == message.count ? nil : "octets behind the record"
        } catch {
            return "no message: \(error)"
        }
    }
}
