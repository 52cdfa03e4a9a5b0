import Testing

@testable import Corefile

/// Kubeadm's Corefile, byte for byte.
let kubeadmCorefile = """
    .:53 {
        errors
        health {
           lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
           ttl 30
        }
        prometheus :9153
        forward . /etc/resolv.conf {
           max_concurrent 1000
        }
        cache 30 {
           disable success cluster.local
           disable denial cluster.local
        }
        loop
        reload
        loadbalance
    }

    """

/// The error that parsing gives, `nil` if it gives none.
func mistake(
    _ text: String, environment: [String: String] = [:], files: [String: String] = [:],
    limits: Corefile.Limits = .standard
) -> ConfigurationError? {
    do {
        _ = try Corefile.parse(text: text, environment: environment, loader: MemoryLoader(files), limits: limits)
        return nil
    } catch {
        return error
    }
}

extension ConfigurationError {
    /// `3:9`, or `file:3:9` outside the main file.
    var spot: String { (file == "Corefile" ? "" : file + ":") + "\(line):\(column)" }
}

extension Directive {
    /// The words in order, the block's lines in brackets.
    var outline: String {
        let line = ([name] + arguments).map(\.text).joined(separator: " ")
        guard let options else { return line }
        return line + " [" + options.map(\.outline).joined(separator: "; ") + "]"
    }
}

extension Directive.Option {
    var outline: String {
        ([name] + arguments + (closingBrace.map { [$0] } ?? [])).map(\.text).joined(separator: " ")
    }
}

extension Corefile {
    /// Each block as its keys and the outlines of its directives.
    var outline: [[String]] {
        blocks.map { [$0.keys.map(\.description).joined(separator: " ")] + $0.directives.map(\.outline) }
    }
}

/// The words of a text, without their places.
func words(_ text: String) throws -> [String] {
    try Lexer.tokens(of: Array(text.utf8), file: "Corefile", maximumTokens: 1000).map(\.text)
}
