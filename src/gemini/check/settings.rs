//! The checks of what is no content: how the answer is made, and with which tools.

use super::{check_finite, check_mime, check_name, invalid};
use crate::{
    error::Result,
    extra::{HasExtra, has_extra},
    gemini::{
        CodeExecution, ComputerUse, DynamicRetrievalConfig, FileSearch, FunctionCallingConfig,
        FunctionDeclaration, GenerationConfig, GoogleMaps, GoogleSearch, GoogleSearchRetrieval, ImageConfig,
        Interval, LatLng, MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, RetrievalConfig, SafetySetting,
        Schema, SpeakerVoiceConfig, SpeechConfig, ThinkingConfig, Tool, ToolConfig, UrlContext, VoiceConfig,
    },
};

has_extra!(
    GenerationConfig,
    ThinkingConfig,
    ImageConfig,
    SpeechConfig,
    VoiceConfig,
    PrebuiltVoiceConfig,
    MultiSpeakerVoiceConfig,
    SpeakerVoiceConfig,
    Schema,
    SafetySetting,
    Tool,
    FunctionDeclaration,
    GoogleSearch,
    Interval,
    GoogleSearchRetrieval,
    DynamicRetrievalConfig,
    CodeExecution,
    UrlContext,
    ComputerUse,
    FileSearch,
    GoogleMaps,
    ToolConfig,
    FunctionCallingConfig,
    RetrievalConfig,
    LatLng,
);

pub(super) fn generation_config(config: &GenerationConfig) -> Result<()> {
    let at = "generationConfig";
    config.check_extra(at)?;
    for (name, number) in [
        ("temperature", config.temperature),
        ("topP", config.top_p),
        ("presencePenalty", config.presence_penalty),
        ("frequencyPenalty", config.frequency_penalty),
    ] {
        check_finite(number, &format!("{at}.{name}"))?;
    }
    if let Some(mime) = &config.response_mime_type {
        check_mime(mime, &format!("{at}.responseMimeType"))?;
    }
    schema(config.response_schema.as_ref(), &format!("{at}.responseSchema"))?;
    extra(config.thinking_config.as_ref(), &format!("{at}.thinkingConfig"))?;
    extra(config.image_config.as_ref(), &format!("{at}.imageConfig"))?;
    if let Some(config) = &config.speech_config {
        speech_config(config, &format!("{at}.speechConfig"))?;
    }
    Ok(())
}

fn speech_config(config: &SpeechConfig, at: &str) -> Result<()> {
    config.check_extra(at)?;
    voice(config.voice_config.as_ref(), &format!("{at}.voiceConfig"))?;
    let Some(speakers) = &config.multi_speaker_voice_config else { return Ok(()) };
    let at = format!("{at}.multiSpeakerVoiceConfig");
    speakers.check_extra(&at)?;
    for (i, speaker) in speakers.speaker_voice_configs.iter().enumerate() {
        let at = format!("{at}.speakerVoiceConfigs[{i}]");
        speaker.check_extra(&at)?;
        voice(speaker.voice_config.as_ref(), &format!("{at}.voiceConfig"))?;
    }
    Ok(())
}

fn voice(voice: Option<&VoiceConfig>, at: &str) -> Result<()> {
    extra(voice, at)?;
    let prebuilt = voice.and_then(|voice| voice.prebuilt_voice_config.as_ref());
    extra(prebuilt, &format!("{at}.prebuiltVoiceConfig"))
}

fn schema(shape: Option<&Schema>, at: &str) -> Result<()> {
    let Some(shape) = shape else { return Ok(()) };
    shape.check_extra(at)?;
    check_finite(shape.minimum, &format!("{at}.minimum"))?;
    check_finite(shape.maximum, &format!("{at}.maximum"))?;
    schema(shape.items.as_deref(), &format!("{at}.items"))?;
    for (i, shape) in shape.any_of.iter().enumerate() {
        schema(Some(shape), &format!("{at}.anyOf[{i}]"))?;
    }
    for (i, (name, property)) in shape.properties.iter().enumerate() {
        let at = format!("{at}.properties.{name}");
        if shape.properties[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(invalid(&at, "is given twice"));
        }
        schema(Some(property), &at)?;
    }
    Ok(())
}

pub(super) fn tool(tool: &Tool, at: &str) -> Result<()> {
    tool.check_extra(at)?;
    for (i, function) in tool.function_declarations.iter().enumerate() {
        let at = format!("{at}.functionDeclarations[{i}]");
        function.check_extra(&at)?;
        check_name(&function.name, &at)?;
        schema(function.parameters.as_ref(), &format!("{at}.parameters"))?;
        schema(function.response.as_ref(), &format!("{at}.response"))?;
    }
    if let Some(search) = &tool.google_search {
        let at = format!("{at}.googleSearch");
        search.check_extra(&at)?;
        extra(search.time_range_filter.as_ref(), &format!("{at}.timeRangeFilter"))?;
    }
    if let Some(search) = &tool.google_search_retrieval {
        let at = format!("{at}.googleSearchRetrieval");
        search.check_extra(&at)?;
        if let Some(config) = &search.dynamic_retrieval_config {
            let at = format!("{at}.dynamicRetrievalConfig");
            config.check_extra(&at)?;
            check_finite(config.dynamic_threshold, &format!("{at}.dynamicThreshold"))?;
        }
    }
    extra(tool.code_execution.as_ref(), &format!("{at}.codeExecution"))?;
    extra(tool.url_context.as_ref(), &format!("{at}.urlContext"))?;
    extra(tool.computer_use.as_ref(), &format!("{at}.computerUse"))?;
    extra(tool.file_search.as_ref(), &format!("{at}.fileSearch"))?;
    extra(tool.google_maps.as_ref(), &format!("{at}.googleMaps"))
}

pub(super) fn tool_config(config: &ToolConfig) -> Result<()> {
    let at = "toolConfig";
    config.check_extra(at)?;
    extra(config.function_calling_config.as_ref(), &format!("{at}.functionCallingConfig"))?;
    let Some(config) = &config.retrieval_config else { return Ok(()) };
    let at = format!("{at}.retrievalConfig");
    config.check_extra(&at)?;
    let Some(place) = &config.lat_lng else { return Ok(()) };
    let at = format!("{at}.latLng");
    place.check_extra(&at)?;
    check_finite(place.latitude, &format!("{at}.latitude"))?;
    check_finite(place.longitude, &format!("{at}.longitude"))
}

fn extra<T: HasExtra>(object: Option<&T>, at: &str) -> Result<()> {
    object.map_or(Ok(()), |object| object.check_extra(at))
}
