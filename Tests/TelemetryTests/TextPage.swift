import Telemetry

extension MetricsRegistry {
    /// The exposition as a string.
    func text(_ format: ExpositionFormat = .prometheus) -> String {
        String(decoding: exposition(format), as: UTF8.self)
    }

    /// The lines of one family, without its header.
    func samples(of family: String) -> [String] {
        text().split(separator: "\n").map(String.init).filter { $0.hasPrefix(family) }
    }
}
