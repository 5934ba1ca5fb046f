//! The names that a field has in the JSON of protocol buffers.

use crate::{
    api::spelling::camel_case,
    json::{Contents, FieldNames},
};
use std::borrow::Cow;

/// Returns the JSON name of a field: `inlineData` for `inline_data`.
///
/// Google's APIs accept a field under the name in its `.proto` file and under this one. Underscores are removed, and
/// an ASCII letter after one becomes uppercase. Allocates only if `name` contains an underscore.
///
/// # Examples
///
/// ```
/// use niello::gemini::json_name;
///
/// assert_eq!(json_name("max_output_tokens"), "maxOutputTokens");
/// assert_eq!(json_name("maxOutputTokens"), "maxOutputTokens");
/// ```
pub fn json_name(name: &str) -> Cow<'_, str> {
    if name.contains('_') { Cow::Owned(camel_case(name).collect()) } else { Cow::Borrowed(name) }
}

/// The fields of a Gemini request. A key and its second spelling in one object are a duplicate.
pub(super) const FIELD_NAMES: FieldNames = FieldNames { canonical: json_name, contents };

/// Lists the fields whose keys are not names of fields, so that `a_b` and `aB` are two keys.
///
/// Fields that this crate does not know are assumed to contain fields.
fn contents(object: &str, key: &str) -> Contents {
    match (object, key) {
        // Schemas by the name of a property or definition.
        (_, "properties" | "defs" | "$defs") => Contents::Names,
        // `google.protobuf.Struct`: what functions and tools take and return.
        (_, "args") | ("functionResponse" | "toolResponse", "response") => Contents::FreeForm,
        // JSON Schemas. The documentation also lists `_responseJsonSchema`.
        (_, "responseJsonSchema" | "ResponseJsonSchema" | "parametersJsonSchema") => Contents::FreeForm,
        // `google.protobuf.Value`: values in a schema.
        (_, "example" | "default" | "enum") => Contents::FreeForm,
        // Maps of strings, and metadata.
        (_, "labels" | "headers" | "partMetadata") => Contents::FreeForm,
        _ => Contents::Fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_follow_protocol_buffers() {
        for (name, json) in [
            ("", ""),
            ("text", "text"),
            ("inlineData", "inlineData"),
            ("inline_data", "inlineData"),
            ("top_p", "topP"),
            ("a_1_b", "a1B"),
            ("camel_Case", "camelCase"),
            ("list_", "list"),
            ("__a__b", "AB"),
            ("_", ""),
            ("é_é", "éé"),
        ] {
            assert_eq!(json_name(name), json);
            assert_eq!(matches!(json_name(name), Cow::Borrowed(_)), !name.contains('_'));
        }
    }
}
