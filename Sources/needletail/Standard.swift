import DNSServer
import Glibc

/// The process's standard streams, and its end.
enum Standard {
    /// How long the last lines of a server are waited for.
    private static let patience = 200

    static func output(_ text: String) {
        LineWriter.output.write(Array((text + "\n").utf8))
    }

    static func error(_ text: String) {
        LineWriter.error.write(Array((text + "\n").utf8))
    }

    /// Ends the process when the last lines are out, or could not be written within a moment.
    static func exit(_ status: Int32) -> Never {
        drain(milliseconds: patience)
        Glibc.exit(status)
    }

    /// Waits for the lines that were written.
    static func drain(milliseconds: Int) {
        LineWriter.output.drain(milliseconds: milliseconds)
        LineWriter.error.drain(milliseconds: milliseconds)
    }
}
