package import Logging

/// Writes log lines to standard output in CoreDNS's form: `[INFO] plugin/cache: …`, without a time, which the container's runtime
/// adds.
package struct ConsoleLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let prefix: String
    private var level: Logger.Level
    private let debug: DebugSwitch

    /// Lines of a label `plugin/NAME` start with it; those of the server itself have no prefix.
    package init(label: String, level: Logger.Level = .info, debug: DebugSwitch = .process) {
        prefix = label.hasPrefix("plugin/") ? "\(label): " : ""
        self.level = level
        self.debug = debug
    }

    /// The level set, and `debug` while the switch is on, for loggers that are made already as well.
    package var logLevel: Logger.Level {
        get { debug.isOn ? min(level, .debug) : level }
        set { level = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = "[\(Self.word(event.level))] \(prefix)\(event.message)"
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        Self.write(line)
    }

    /// Writes one line; control characters that came in with data cannot start another.
    package static func write(_ line: String) {
        var bytes = line.utf8.map { $0 < 0x20 && $0 != 0x09 ? UInt8(0x20) : $0 }
        bytes.append(0x0A)
        LineWriter.output.write(bytes)
    }

    private static func word(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }
}
