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
            await reply.follow(query)
            reply.end(query)
            return .reply
        }
    }

    /// The records of one reply, each section's once (RFC 2181 §5).
    private struct Reply {
        let configuration: TemplateConfiguration
        let answer: [LDNSRecord]
        let authority: [LDNSRecord]
        let additional: [LDNSRecord]

        /// Takes the records of all sections, one behind the other.
        init(_ configuration: TemplateConfiguration, _ records: [LDNSRecord]) {
            self.configuration = configuration
            let rest = records.dropFirst(configuration.answer.count)
            answer = Self.once(records.prefix(configuration.answer.count))
            authority = Self.once(rest.prefix(configuration.authority.count))
            additional = Self.once(rest.dropFirst(configuration.authority.count))
        }

        /// The first of each that differ in more than the TTL.
        private static func once(_ records: ArraySlice<LDNSRecord>) -> [LDNSRecord] {
            guard records.count > 1 else { return Array(records) }
            var seen: Set<LDNSRecord> = []
            return records.filter { record in
                var plain = record
                plain.owner = Name(uncheckedWire: record.owner).lowercased.wire
                (plain.ttl, plain.line) = (0, 0)
                return seen.insert(plain).inserted
            }
        }

        var hasAlias: Bool {
            answer.contains { $0.type == RecordType.CNAME.rawValue }
        }

        func begin(_ query: Query) {
            query.beginReply(configuration.responseCode, authoritative: true)
        }

        /// Writes the answer, behind each alias what the whole server knows of its target.
        ///
        /// Where nothing else is said, the code is that of the last name (RFC 6604 §3).
        func follow(_ query: Query) async {
            var end = AliasEnd()
            for record in answer {
                if let record = record.decoded { end.note(record) }
            }
            var codes: [ResponseCode] = []
            for record in answer {
                query.append(record)
                if record.type == query.type.rawValue { codes.append(.noError) }
                guard let target = record.target, !AliasEnd.isReached(in: query) else { continue }
                let recordClass = RecordClass(rawValue: record.class)
                codes.append(end.follow(await query.lookup(target, query.type, recordClass), in: query))
            }
            guard configuration.responseCode == .noError, !codes.contains(.noError), let code = codes.last else {
                return
            }
            query.setResponseCode(code)
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
        reply.append(record, question: nameAsAsked)
    }
}

extension LDNSRecord {
    /// The same as a record of messages; nil when its data does not have the form of its type.
    fileprivate var decoded: Record? {
        let (type, recordClass) = (RecordType(rawValue: type), RecordClass(rawValue: `class`))
        guard
            let data = try? RecordData(
                decoding: rdata.span, type: type, recordClass: recordClass, at: 0, length: rdata.count)
        else { return nil }
        return Record(Name(uncheckedWire: owner), type, recordClass: recordClass, ttl: ttl, data)
    }

    /// What it is an alias for; nil when it is none.
    fileprivate var target: Name? {
        guard type == RecordType.CNAME.rawValue else { return nil }
        return try? Name(decoding: rdata.span)
    }
}
