//! Reading a part: any payload is read as it arrives, and no key is lost.

use super::{Part, PartKind};
use crate::api::{
    extra::Extra,
    gemini::{PartMediaResolution, VideoMetadata},
    read::{Lenient, Members, Object, Read, Regular, lenient, members, put},
    spelling::Spelling,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess},
};
use serde_json::Value;
use std::mem;

impl PartKind {
    /// The keys of all payloads: the fields of a part but the last five.
    pub(in crate::api::gemini) const KEYS: &'static [&'static str] =
        Part::FIELDS.split_at(Part::FIELDS.len() - 5).0;

    /// Reads the payload `key` as it arrives. Returns a value of the wrong type, or without a key, as it is.
    fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Result<PartKind, Value>, A::Error> {
        fn object<'de, A, T>(
            map: &mut A,
            kind: fn(Box<T>) -> PartKind,
        ) -> Result<Result<PartKind, Value>, A::Error>
        where
            A: MapAccess<'de>,
            T: Object + Serialize,
        {
            let Read(payload) = map.next_value::<Read<Regular<T>>>()?;
            Ok(payload.map(|Regular(payload)| kind(Box::new(payload))))
        }
        match key {
            "inlineData" => object(map, PartKind::InlineData),
            "fileData" => object(map, PartKind::FileData),
            "functionCall" => object(map, PartKind::FunctionCall),
            "functionResponse" => object(map, PartKind::FunctionResponse),
            "executableCode" => object(map, PartKind::ExecutableCode),
            "codeExecutionResult" => object(map, PartKind::CodeExecutionResult),
            _ => Ok(map.next_value::<Read<String>>()?.0.map(PartKind::Text)),
        }
    }
}

impl Object for Part {
    const IS_STRICT: bool = false;
    const SPELLING: Spelling = Spelling::Json;
    const FIELDS: &'static [&'static str] = &[
        // The payloads.
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
        // The other fields.
        "videoMetadata",
        "thought",
        "thoughtSignature",
        "mediaResolution",
        "partMetadata",
    ];

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<Option<Value>, A::Error> {
        match name {
            "videoMetadata" => put(&mut self.video_metadata, map),
            "thought" => put(&mut self.thought, map),
            "thoughtSignature" => put(&mut self.thought_signature, map),
            "mediaResolution" => put(&mut self.media_resolution, map),
            "partMetadata" => put(&mut self.part_metadata, map),
            payload => self.read_payload(payload, map),
        }
    }

    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        Part::read(deserializer)?.map_err(|_| de::Error::custom("a part is not an object"))
    }
}

lenient!(VideoMetadata);

/// Reads also the name of the level alone, which some SDKs write.
impl Lenient for PartMediaResolution {
    fn read_value(value: Value) -> Result<PartMediaResolution, Value> {
        match &value {
            Value::String(level) => Ok(level.as_str().into()),
            _ => PartMediaResolution::deserialize(&value).map_err(|_| value),
        }
    }
}

impl Lenient for Part {
    fn read_map<'de, A: MapAccess<'de>>(map: A) -> Result<Result<Part, Value>, A::Error> {
        let Some(Members { object: mut part, odd }) = members::<_, Part>(map)? else {
            return Ok(Ok(Part::default()));
        };
        part.extra.extend(odd);
        Ok(Ok(part))
    }

    fn read_value(value: Value) -> Result<Part, Value> {
        Err(value)
    }
}

impl Part {
    /// Reads a payload. Of two, the first is used, but text is displaced by any other: some gateways add an empty
    /// one.
    fn read_payload<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
    ) -> Result<Option<Value>, A::Error> {
        let value = match self.kind {
            PartKind::Text(_) | PartKind::Other => PartKind::read(key, map)?,
            _ => Err(map.next_value()?),
        };
        Ok(match value {
            Ok(kind) => {
                if let PartKind::Text(text) = mem::replace(&mut self.kind, kind) {
                    self.extra.insert("text", text);
                }
                None
            }
            Err(value) => Some(value).filter(|value| !value.is_null()),
        })
    }
}
