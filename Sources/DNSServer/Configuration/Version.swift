/// What this build is.
package enum Version {
    package static let number = "0.1.0"

    /// `Needletail-0.1.0` and the platform, one a line.
    package static var text: String { "Needletail-\(number)\n\(platform)" }

    /// `linux/amd64, swift6.3`, as CoreDNS prints its own.
    package static var platform: String {
        #if arch(x86_64)
        let architecture = "amd64"
        #elseif arch(arm64)
        let architecture = "arm64"
        #else
        let architecture = "unknown"
        #endif
        return "linux/\(architecture), \(compiler)"
    }

    /// The language's version that it was compiled with.
    package static var compiler: String {
        #if compiler(>=6.4)
        "swift6.4"
        #elseif compiler(>=6.3)
        "swift6.3"
        #else
        "swift6.2"
        #endif
    }
}
