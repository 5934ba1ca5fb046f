//! The voices of a spoken response: `speechConfig`.

use crate::api::object::object;

object! {
    /// The voice or voices of a spoken response: `speechConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request, new)]
    pub struct SpeechConfig {
        /// `languageCode`: the language as a BCP 47 code, such as `en-US`.
        pub language_code: Option<String>,
        /// `voiceConfig`: the voice of a single speaker.
        pub voice_config: Option<VoiceConfig>,
        /// `multiSpeakerVoiceConfig`: the voices of several speakers, instead of `voiceConfig`.
        pub multi_speaker_voice_config: Option<MultiSpeakerVoiceConfig>,
    }
}

impl SpeechConfig {
    /// Sets `voiceConfig` to a prebuilt voice, by its name.
    pub fn voice(self, name: impl Into<String>) -> SpeechConfig {
        self.voice_config(VoiceConfig::new(name))
    }

    /// Adds a speaker and the name of its voice to `multiSpeakerVoiceConfig`.
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
        /// `prebuiltVoiceConfig`: a prebuilt voice.
        pub prebuilt_voice_config: Option<PrebuiltVoiceConfig>,
    }
}

impl VoiceConfig {
    /// Creates a configuration with the prebuilt voice `name`, such as `Kore`.
    pub fn new(name: impl Into<String>) -> VoiceConfig {
        VoiceConfig::default().prebuilt_voice_config(PrebuiltVoiceConfig::default().voice_name(name))
    }
}

object! {
    /// A prebuilt voice: `prebuiltVoiceConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct PrebuiltVoiceConfig {
        /// `voiceName`: the name of the voice, such as `Kore`.
        pub voice_name: Option<String>,
    }
}

object! {
    /// The voices of several speakers: `multiSpeakerVoiceConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct MultiSpeakerVoiceConfig {
        /// `speakerVoiceConfigs`: a voice for each speaker.
        pub speaker_voice_configs: Vec<SpeakerVoiceConfig>,
    }
}

object! {
    /// The voice of one speaker: one of `speakerVoiceConfigs`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct SpeakerVoiceConfig {
        /// `speaker`: the name of the speaker in the prompt.
        pub speaker: String,
        /// `voiceConfig`: the voice.
        pub voice_config: Option<VoiceConfig>,
    }
}

impl SpeakerVoiceConfig {
    /// Creates a speaker from its name and the name of its voice.
    pub fn new(speaker: impl Into<String>, voice: impl Into<String>) -> SpeakerVoiceConfig {
        SpeakerVoiceConfig::default().speaker(speaker).voice_config(VoiceConfig::new(voice))
    }
}
