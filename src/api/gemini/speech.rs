//! The voices of a spoken answer: `speechConfig`.

use crate::api::{extra::Extra, lenient::null_as_default};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The voice, or voices, of a spoken answer: `speechConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpeechConfig {
    /// `languageCode`: BCP 47, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// `voiceConfig`: the one voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<VoiceConfig>,
    /// `multiSpeakerVoiceConfig`: a voice for each speaker; instead of `voice_config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_speaker_voice_config: Option<MultiSpeakerVoiceConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl SpeechConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> SpeechConfig {
        SpeechConfig::default()
    }

    /// One voice, by its name: `voiceConfig.prebuiltVoiceConfig.voiceName`.
    pub fn voice(mut self, name: impl Into<String>) -> SpeechConfig {
        self.voice_config = Some(VoiceConfig::new(name));
        self
    }

    /// One more speaker and the name of its voice: `multiSpeakerVoiceConfig`.
    pub fn speaker(mut self, speaker: impl Into<String>, voice: impl Into<String>) -> SpeechConfig {
        let voice = SpeakerVoiceConfig::new(speaker, voice);
        self.multi_speaker_voice_config.get_or_insert_default().speaker_voice_configs.push(voice);
        self
    }

    /// `languageCode`: BCP 47, such as `en-US`.
    pub fn language_code(mut self, code: impl Into<String>) -> SpeechConfig {
        self.language_code = Some(code.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> SpeechConfig {
        self.extra.insert(key, value);
        self
    }
}

/// A voice: `voiceConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct VoiceConfig {
    /// `prebuiltVoiceConfig`: a voice that the API has by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prebuilt_voice_config: Option<PrebuiltVoiceConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl VoiceConfig {
    /// The voice of that name.
    pub fn new(name: impl Into<String>) -> VoiceConfig {
        let prebuilt =
            PrebuiltVoiceConfig { voice_name: Some(name.into()), ..PrebuiltVoiceConfig::default() };
        VoiceConfig { prebuilt_voice_config: Some(prebuilt), ..VoiceConfig::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> VoiceConfig {
        self.extra.insert(key, value);
        self
    }
}

/// A voice that the API has by name: `prebuiltVoiceConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct PrebuiltVoiceConfig {
    /// `voiceName`: such as `Kore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_name: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl PrebuiltVoiceConfig {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> PrebuiltVoiceConfig {
        self.extra.insert(key, value);
        self
    }
}

/// A voice for each speaker: `multiSpeakerVoiceConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct MultiSpeakerVoiceConfig {
    /// `speakerVoiceConfigs`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub speaker_voice_configs: Vec<SpeakerVoiceConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl MultiSpeakerVoiceConfig {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> MultiSpeakerVoiceConfig {
        self.extra.insert(key, value);
        self
    }
}

/// The voice of one speaker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpeakerVoiceConfig {
    /// `speaker`: the name by which the prompt calls the speaker.
    #[serde(deserialize_with = "null_as_default")]
    pub speaker: String,
    /// `voiceConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<VoiceConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl SpeakerVoiceConfig {
    /// A speaker and the name of its voice.
    pub fn new(speaker: impl Into<String>, voice: impl Into<String>) -> SpeakerVoiceConfig {
        SpeakerVoiceConfig {
            speaker: speaker.into(),
            voice_config: Some(VoiceConfig::new(voice)),
            ..SpeakerVoiceConfig::default()
        }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> SpeakerVoiceConfig {
        self.extra.insert(key, value);
        self
    }
}
