import Glibc

/// What is done with one input of a fuzzer; the ordinary tests do the same with every file of the corpora.
package struct FuzzBody: Sendable {
    /// The fuzzer's name, and that of its folder in `Corpora` and in `FailCases`.
    package let name: String
    /// Says what is wrong, or gives nil.
    package let check: @Sendable ([UInt8]) -> String?

    package init(name: String, check: @escaping @Sendable ([UInt8]) -> String?) {
        self.name = name
        self.check = check
    }

    /// Those that need the wire codec and the configuration's parser alone.
    package static var all: [FuzzBody] { [.message, .name, .truncation, .corefile] }

    /// Checks the `count` octets at `start`, as libFuzzer gives them, and stops the process when something is wrong.
    package func run(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        if let complaint = check(octets) {
            // Release builds leave the message of a failure out.
            let line = Array("\(name): \(complaint)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
            preconditionFailure()
        }
    }
}
