import DNSServer
import DNSWire

/// Writes the lines of one worker, which leave together at the end of a batch.
final class QueryLogHandler: ReplyHandler {
    private struct Rule {
        let name: Name
        let format: LogFormat
        /// nil logs all classes.
        let classes: Set<ReplyClass>?
    }

    private let rules: [Rule]
    private var line = LogLine()
    /// Where a line goes.
    private let output: (Worker, [UInt8]) -> Void

    init(
        _ configurations: [LogConfiguration],
        output: @escaping (Worker, [UInt8]) -> Void = { $0.output.append($1) }
    ) {
        self.output = output
        rules = configurations.flatMap { configuration in
            let isAll = configuration.classes.isEmpty || configuration.classes.contains(.all)
            return configuration.names.map {
                Rule(name: $0, format: configuration.format, classes: isAll ? nil : configuration.classes)
            }
        }
    }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        for rule in rules where suffixStart(of: query.name, under: rule.name.wire.span) != nil {
            if let classes = rule.classes, !classes.contains(ReplyClass.of(query)) { return .done }
            write(query, rule.format)
            return .done
        }
        return .done
    }

    private func write(_ query: Query, _ format: LogFormat) {
        line.begin()
        for piece in format.pieces {
            switch piece {
            case .text(let text): line.append(text)
            case .field(let field): append(field, of: query)
            case .metadata(let label): line.append(value: metadata(label, of: query))
            }
        }
        line.end()
        output(query.worker, line.bytes)
    }

    /// The value under `label`, of which there are two of this plugin's own: `log/type` and `log/class`.
    private func metadata(_ label: String, of query: Query) -> String? {
        switch label {
        case "log/type": query.note(label, ReplyClass.type(of: query))
        case "log/class": query.note(label, ReplyClass.of(query).rawValue)
        default: break
        }
        return query.metadata(label)
    }

    private func append(_ field: LogFormat.Field, of query: Query) {
        switch field {
        case .type: line.append(query.type.description)
        case .class: line.append(query.recordClass.description)
        case .name: line.append(name: query.name)
        case .transport: line.append(query.transport == .tcp ? "tcp" : "udp")
        case .size: line.append(query.message.count)
        case .remote: line.append(host: query.client.host)
        case .port: line.append(Int(query.client.port))
        case .id: line.append(Int(query.header.id))
        case .opcode: line.append(Int(query.header.flags.opcode.rawValue))
        case .dnssecOK: line.append(query.dnssecOK ? "true" : "false")
        case .payloadSize: line.append(query.askerLimit)
        case .local:
            let host = query.server.host
            if host.isEmpty { line.append("-") } else { line.append(host: host) }
        case .responseCode, .replySize, .replyFlags, .duration: appendOutcome(field, of: query)
        }
    }

    private func appendOutcome(_ field: LogFormat.Field, of query: Query) {
        let isAnswered = query.hasReply && !query.isDropped
        switch field {
        case .responseCode: line.append(isAnswered ? query.responseCode.description : "-")
        case .replySize: line.append(isAnswered ? query.reply.count : 0)
        case .replyFlags:
            if isAnswered { line.append(flags: query.reply.header.flags) } else { line.append("-") }
        case .duration: line.append(duration: query.age)
        default: line.append("-")
        }
    }
}
