//! Enums for the closed sets of an API, open for what the API adds.

/// Makes an enum of names, with `Other(String)` for a name that the crate does not know yet. It is
/// written and read as the name, and any text converts into it.
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $Name:ident { $($(#[$variant_doc:meta])* $Variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        ///
        /// Any other name can be given as text, and is written as it is.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Name {
            $($(#[$variant_doc])* $Variant,)+
            /// A name that this crate does not know.
            Other(String),
        }

        impl $Name {
            /// The name as the API writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($Name::$Variant => $text,)+
                    $Name::Other(name) => name,
                }
            }
        }

        impl From<String> for $Name {
            fn from(name: String) -> $Name {
                match name.as_str() {
                    $($text => $Name::$Variant,)+
                    _ => $Name::Other(name),
                }
            }
        }

        impl From<&str> for $Name {
            fn from(name: &str) -> $Name {
                $Name::from(name.to_owned())
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$Name, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map($Name::from)
            }
        }
    };
}

pub(crate) use open_enum;
