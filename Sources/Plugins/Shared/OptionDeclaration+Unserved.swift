import Corefile

extension ConfigurationError.Code {
    /// An option that CoreDNS has and Needletail does not serve.
    static let unservedOption = ConfigurationError.Code("unserved option")
}

extension OptionDeclaration {
    /// An option that CoreDNS has and Needletail does not serve yet: its use is a mistake with its name and place.
    static func unserved(_ name: String, usage: String = "", _ summary: String) -> Self {
        Self(name, usage: usage, "\(summary) (not served yet)") { _, reader throws(ConfigurationError) in
            throw reader.fail(
                .unservedOption, "'\(name)' is not served yet", hint: "remove the option", at: reader.subject)
        }
    }
}
