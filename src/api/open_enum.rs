//! The macro that defines the enums of an API, which it may extend at any time.

use std::fmt;

/// A name that this crate does not know, in the variant `Unknown` of an enum such as
/// [`chat::Role`](crate::chat::Role).
///
/// Only parsing or converting a string builds that variant, so it never holds the name of another one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownName(Box<str>);

impl UnknownName {
    pub(crate) fn new(name: &str) -> UnknownName {
        UnknownName(name.into())
    }

    /// Returns the name as the API spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Defines an enum of the names that an API uses for something, with a variant `Unknown` for all others.
///
/// It is written and read as the name, and converts from and to strings. Google's servers and SDKs ignore the case of
/// a name, so this does too.
///
/// ```ignore
/// open_enum! {
///     /// The role of a speaker: `role`.
///     pub enum Role {
///         /// `user`.
///         User = "user",
///     }
/// }
/// ```
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $Name:ident { $($(#[$variant_doc:meta])* $Variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        ///
        /// Converts from any string, ignoring case; names that this crate does not know are sent unchanged.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Name {
            $($(#[$variant_doc])* $Variant,)+
            /// A name that this crate does not know.
            Unknown($crate::api::open_enum::UnknownName),
        }

        impl $Name {
            /// Returns the name as the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($Name::$Variant => $name,)+
                    $Name::Unknown(name) => name.as_str(),
                }
            }
        }

        impl From<&str> for $Name {
            fn from(name: &str) -> $Name {
                $(if name.eq_ignore_ascii_case($name) {
                    return $Name::$Variant;
                })+
                $Name::Unknown($crate::api::open_enum::UnknownName::new(name))
            }
        }

        impl From<String> for $Name {
            fn from(name: String) -> $Name {
                $Name::from(name.as_str())
            }
        }

        impl std::str::FromStr for $Name {
            type Err = std::convert::Infallible;

            fn from_str(name: &str) -> std::result::Result<$Name, Self::Err> {
                Ok($Name::from(name))
            }
        }

        impl AsRef<str> for $Name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $Name {
            fn eq(&self, name: &str) -> bool {
                self.as_str() == name
            }
        }

        impl PartialEq<&str> for $Name {
            fn eq(&self, name: &&str) -> bool {
                self.as_str() == *name
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::api::read::lenient!($Name);

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<$Name, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map($Name::from)
            }
        }
    };
}
pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use crate::gemini::FinishReason;

    #[test]
    fn known_name_is_never_unknown() {
        for reason in [
            "STOP".parse().unwrap(),
            FinishReason::from("STOP"),
            FinishReason::from("STOP".to_owned()),
            FinishReason::from("stop"),
            serde_json::from_str(r#""Stop""#).unwrap(),
        ] {
            assert_eq!(reason, FinishReason::Stop);
            assert_eq!(reason, "STOP");
            assert_eq!(reason.as_ref(), "STOP");
        }
        assert_eq!(FinishReason::from("OTHER"), FinishReason::Other);
    }

    #[test]
    fn unknown_name_keeps_its_spelling() {
        let reason: FinishReason = serde_json::from_str(r#""Stopped""#).unwrap();
        assert!(matches!(&reason, FinishReason::Unknown(name) if name.as_str() == "Stopped"));
        assert_ne!(reason, FinishReason::Stop);
        assert_eq!(serde_json::to_string(&reason).unwrap(), r#""Stopped""#);
        assert_eq!(format!("{reason} {reason:?}"), r#"Stopped Unknown("Stopped")"#);
    }
}
