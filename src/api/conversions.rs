//! The macro that lists what converts into a type.

/// Implements `From` for a type, with a line for each type that converts into it. The line of an array of any length
/// starts with `const N`.
///
/// ```ignore
/// conversions! { Source:
///     &str: url => Source::Url(url.to_owned()),
///     Media: media => Source::Media(media),
/// }
/// ```
macro_rules! conversions {
    ($To:ident: $($(#[$doc:meta])* $(const $N:ident)? $From:ty: $value:ident => $converted:expr,)+) => {
        $(
            $(#[$doc])*
            impl$(<const $N: usize>)? From<$From> for $To {
                fn from($value: $From) -> $To {
                    $converted
                }
            }
        )+
    };
}
pub(crate) use conversions;
