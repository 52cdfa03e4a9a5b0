import DNSServer
import DNSWire
import LDNS
import LinearRegex

/// Answers the queries of one worker from the templates of a server block, in their order.
final class TemplateHandler: QueryHandler {
    private let templates: [QueryTemplate]

    init(_ templates: [QueryTemplate]) {
        self.templates = templates
    }

    func handle(_ query: Query) -> Verdict {
        var name: [UInt8]?
        for template in templates {
            let match = template.match(query) {
                let text = name ?? Array(query.ownedName.text.utf8)
                name = text
                return text
            }
            switch match {
            case .passes: continue
            case .fails: return .fail(QueryFailure(.serverFailure))
            case .matches(let zone, let found, let pattern):
                template.counts.countMatch(query, zone: zone)
                return answer(query, template, zone, found, pattern)
            }
        }
        return .next
    }

    private func answer(
        _ query: Query, _ template: QueryTemplate, _ zone: Int, _ found: RegexMatch?, _ pattern: Regex?
    ) -> Verdict {
        let configuration = template.configuration
        guard configuration.responseCode != .serverFailure else { return .fail(QueryFailure(.serverFailure)) }
        var data: TemplateData?
        func known() -> TemplateData {
            let known = data ?? template.data(for: query, zone: zone, found, pattern)
            data = known
            return known
        }
        var records: [LDNSRecord] = []
        for record in configuration.answer + configuration.authority + configuration.additional {
            do {
                records.append(try record.record(known))
            } catch {
                template.counts.count(error, of: record, known(), query)
                return .fail(QueryFailure(.serverFailure, "template: \(error.reason)"))
            }
        }
        let reply = Reply(configuration, records)
        guard query.type == .A || query.type == .AAAA, reply.hasAlias else {
            reply.begin(query)
            for record in reply.answer { query.append(record) }
            reply.end(query)
            return .reply
        }
        return .wait { query in
            reply.begin(query)
            for record in reply.answer {
                query.append(record)
                await query.appendTarget(of: record)
            }
            reply.end(query)
            return .reply
        }
    }

    /// The records of one reply.
    private struct Reply {
        let configuration: TemplateConfiguration
        let answer: ArraySlice<LDNSRecord>
        let authority: ArraySlice<LDNSRecord>
        let additional: ArraySlice<LDNSRecord>

        /// Takes the records of all sections, one behind the other.
        init(_ configuration: TemplateConfiguration, _ records: [LDNSRecord]) {
            self.configuration = configuration
            let rest = records.dropFirst(configuration.answer.count)
            answer = records.prefix(configuration.answer.count)
            authority = rest.prefix(configuration.authority.count)
            additional = rest.dropFirst(configuration.authority.count)
        }

        var hasAlias: Bool {
            answer.contains { $0.type == RecordType.CNAME.rawValue }
        }

        func begin(_ query: Query) {
            query.beginReply(configuration.responseCode, authoritative: true)
        }

        func end(_ query: Query) {
            query.reply.section = .authority
            for record in authority { query.append(record) }
            query.reply.section = .additional
            for record in additional { query.append(record) }
            if !configuration.extendedError.isEmpty { query.setReplyOptions(withDNSSECOK: configuration.extendedError) }
        }
    }
}

extension Query {
    /// Appends a record to the reply's current section.
    fileprivate func append(_ record: LDNSRecord) {
        reply.append(record, question: message.extracting(MessageHeader.length..<(questionEnd - 4)))
    }

    /// Appends what the server itself knows of an alias's target; nothing when that is nothing.
    fileprivate func appendTarget(of record: LDNSRecord) async {
        guard record.type == RecordType.CNAME.rawValue, let target = try? Name(decoding: record.rdata.span) else {
            return
        }
        guard let lookup = await lookup(target, type), !lookup.message.isEmpty else { return }
        guard let message = try? Message(decoding: lookup.message.span) else { return }
        if lookup.flags.isTruncated { reply.header.flags.isTruncated = true }
        for answer in message.answers { answer.encode(into: reply) }
    }
}
