//! The voices of a spoken answer: `speechConfig`.

use crate::api::object::object;

object! {
    /// The voice, or voices, of a spoken answer: `speechConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct SpeechConfig {
        /// `languageCode`: BCP 47, such as `en-US`.
        pub language_code: Option<String>,
        /// `voiceConfig`: the one voice.
        pub voice_config: Option<VoiceConfig>,
        /// `multiSpeakerVoiceConfig`: a voice for each speaker; instead of `voice_config`.
        pub multi_speaker_voice_config: Option<MultiSpeakerVoiceConfig>,
    }
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
}

object! {
    /// A voice: `voiceConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct VoiceConfig {
        /// `prebuiltVoiceConfig`: a voice that the API has by name.
        pub prebuilt_voice_config: Option<PrebuiltVoiceConfig>,
    }
}

impl VoiceConfig {
    /// The voice of that name.
    pub fn new(name: impl Into<String>) -> VoiceConfig {
        let prebuilt =
            PrebuiltVoiceConfig { voice_name: Some(name.into()), ..PrebuiltVoiceConfig::default() };
        VoiceConfig { prebuilt_voice_config: Some(prebuilt), ..VoiceConfig::default() }
    }
}

object! {
    /// A voice that the API has by name: `prebuiltVoiceConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct PrebuiltVoiceConfig {
        /// `voiceName`: such as `Kore`.
        pub voice_name: Option<String>,
    }
}

object! {
    /// A voice for each speaker: `multiSpeakerVoiceConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct MultiSpeakerVoiceConfig {
        /// `speakerVoiceConfigs`.
        pub speaker_voice_configs: Vec<SpeakerVoiceConfig>,
    }
}

object! {
    /// The voice of one speaker.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct SpeakerVoiceConfig {
        /// `speaker`: the name by which the prompt calls the speaker.
        pub speaker: String,
        /// `voiceConfig`.
        pub voice_config: Option<VoiceConfig>,
    }
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
}
