//! The checks of what is no content: how the answer is made, and with which tools.

use super::{check_finite, check_mime, check_name, invalid};
use crate::{
    api::{
        extra::{HasExtra, has_extra},
        gemini::{
            CodeExecution, ComputerUse, DynamicRetrievalConfig, FileSearch, FunctionCallingConfig,
            FunctionDeclaration, GenerationConfig, GoogleMaps, GoogleSearch, GoogleSearchRetrieval,
            ImageConfig, Interval, LatLng, MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, RetrievalConfig,
            SafetySetting, Schema, SpeakerVoiceConfig, SpeechConfig, ThinkingConfig, Tool, ToolConfig,
            UrlContext, VoiceConfig,
        },
    },
    error::Result,
};
use std::fmt::Arguments;

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
    let at = format_args!("generationConfig");
    config.check_extra(at)?;
    for (name, number) in [
        ("temperature", config.temperature),
        ("topP", config.top_p),
        ("presencePenalty", config.presence_penalty),
        ("frequencyPenalty", config.frequency_penalty),
    ] {
        check_finite(number, format_args!("{at}.{name}"))?;
    }
    if let Some(mime) = &config.response_mime_type {
        check_mime(mime, format_args!("{at}.responseMimeType"))?;
    }
    schema(config.response_schema.as_ref(), format_args!("{at}.responseSchema"))?;
    extra(config.thinking_config.as_ref(), format_args!("{at}.thinkingConfig"))?;
    extra(config.image_config.as_ref(), format_args!("{at}.imageConfig"))?;
    if let Some(config) = &config.speech_config {
        speech_config(config, format_args!("{at}.speechConfig"))?;
    }
    Ok(())
}

fn speech_config(config: &SpeechConfig, at: Arguments<'_>) -> Result<()> {
    config.check_extra(at)?;
    voice(config.voice_config.as_ref(), format_args!("{at}.voiceConfig"))?;
    let Some(speakers) = &config.multi_speaker_voice_config else { return Ok(()) };
    let at = format_args!("{at}.multiSpeakerVoiceConfig");
    speakers.check_extra(at)?;
    for (i, speaker) in speakers.speaker_voice_configs.iter().enumerate() {
        let at = format_args!("{at}.speakerVoiceConfigs[{i}]");
        speaker.check_extra(at)?;
        voice(speaker.voice_config.as_ref(), format_args!("{at}.voiceConfig"))?;
    }
    Ok(())
}

fn voice(voice: Option<&VoiceConfig>, at: Arguments<'_>) -> Result<()> {
    extra(voice, at)?;
    let prebuilt = voice.and_then(|voice| voice.prebuilt_voice_config.as_ref());
    extra(prebuilt, format_args!("{at}.prebuiltVoiceConfig"))
}

fn schema(shape: Option<&Schema>, at: Arguments<'_>) -> Result<()> {
    let Some(shape) = shape else { return Ok(()) };
    shape.check_extra(at)?;
    check_finite(shape.minimum, format_args!("{at}.minimum"))?;
    check_finite(shape.maximum, format_args!("{at}.maximum"))?;
    schema(shape.items.as_deref(), format_args!("{at}.items"))?;
    for (i, shape) in shape.any_of.iter().enumerate() {
        schema(Some(shape), format_args!("{at}.anyOf[{i}]"))?;
    }
    for (i, (name, property)) in shape.properties.iter().enumerate() {
        let at = format_args!("{at}.properties.{name}");
        if shape.properties[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(invalid(at, "is given twice"));
        }
        schema(Some(property), at)?;
    }
    Ok(())
}

pub(super) fn tool(tool: &Tool, at: Arguments<'_>) -> Result<()> {
    tool.check_extra(at)?;
    for (i, function) in tool.function_declarations.iter().enumerate() {
        let at = format_args!("{at}.functionDeclarations[{i}]");
        function.check_extra(at)?;
        check_name(&function.name, at)?;
        schema(function.parameters.as_ref(), format_args!("{at}.parameters"))?;
        schema(function.response.as_ref(), format_args!("{at}.response"))?;
    }
    if let Some(search) = &tool.google_search {
        let at = format_args!("{at}.googleSearch");
        search.check_extra(at)?;
        extra(search.time_range_filter.as_ref(), format_args!("{at}.timeRangeFilter"))?;
    }
    if let Some(search) = &tool.google_search_retrieval {
        let at = format_args!("{at}.googleSearchRetrieval");
        search.check_extra(at)?;
        if let Some(config) = &search.dynamic_retrieval_config {
            let at = format_args!("{at}.dynamicRetrievalConfig");
            config.check_extra(at)?;
            check_finite(config.dynamic_threshold, format_args!("{at}.dynamicThreshold"))?;
        }
    }
    extra(tool.code_execution.as_ref(), format_args!("{at}.codeExecution"))?;
    extra(tool.url_context.as_ref(), format_args!("{at}.urlContext"))?;
    extra(tool.computer_use.as_ref(), format_args!("{at}.computerUse"))?;
    extra(tool.file_search.as_ref(), format_args!("{at}.fileSearch"))?;
    extra(tool.google_maps.as_ref(), format_args!("{at}.googleMaps"))
}

pub(super) fn tool_config(config: &ToolConfig) -> Result<()> {
    let at = format_args!("toolConfig");
    config.check_extra(at)?;
    extra(config.function_calling_config.as_ref(), format_args!("{at}.functionCallingConfig"))?;
    let Some(config) = &config.retrieval_config else { return Ok(()) };
    let at = format_args!("{at}.retrievalConfig");
    config.check_extra(at)?;
    let Some(place) = &config.lat_lng else { return Ok(()) };
    let at = format_args!("{at}.latLng");
    place.check_extra(at)?;
    check_finite(place.latitude, format_args!("{at}.latitude"))?;
    check_finite(place.longitude, format_args!("{at}.longitude"))
}

fn extra<T: HasExtra>(object: Option<&T>, at: Arguments<'_>) -> Result<()> {
    object.map_or(Ok(()), |object| object.check_extra(at))
}
