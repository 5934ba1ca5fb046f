//! The macro that lists what converts into a type.

/// Implements `From` for a type, with a line for each type that converts into it.
///
/// ```ignore
/// conversions! { Source:
///     &str: url => Source::Url(url.to_owned()),
///     Media: media => Source::Media(media),
/// }
/// ```
macro_rules! conversions {
    ($To:ident: $($(#[$doc:meta])* $From:ty: $value:ident => $converted:expr,)+) => {
        $(
            $(#[$doc])*
            impl From<$From> for $To {
                fn from($value: $From) -> $To {
                    $converted
                }
            }
        )+
    };
}
pub(crate) use conversions;
