import Foundation

/// Another program, run to its end.
package enum Command {
    /// A program that ended otherwise than well.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where a program lies, looked for as a shell does, and where a system's own programs are, which not everybody's
    /// `PATH` has; nil when it is not installed.
    package static func path(of name: String) -> String? {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What a program writes to its output, however it ends.
    package static func output(of path: String, _ arguments: [String]) async throws -> String {
        try await finish([path] + arguments, nil).output
    }

    /// Runs a program that must end well.
    ///
    /// - Parameters:
    ///   - command: its name or path, and its arguments.
    ///   - folder: its working folder.
    /// - Returns: what it wrote to its output.
    /// - Throws: ``Failure`` with its output when it ended with another status than 0.
    @discardableResult
    package static func run(_ command: [String], in folder: TemporaryFolder? = nil) async throws -> String {
        let name = command.first ?? ""
        guard let path = name.hasPrefix("/") ? name : path(of: name) else {
            throw Failure(description: "\(name) is not installed")
        }
        let (output, status) = try await finish([path] + command.dropFirst(), folder)
        guard status == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): status \(status)\n\(output)")
        }
        return output
    }

    private static func finish(
        _ command: [String], _ folder: TemporaryFolder?
    ) async throws -> (output: String, status: Int32) {
        try await onThread {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: command[0])
            process.arguments = Array(command.dropFirst())
            if let folder { process.currentDirectoryURL = folder.url }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (String(decoding: text, as: UTF8.self), process.terminationStatus)
        }
    }
}
