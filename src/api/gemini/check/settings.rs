//! The checks of what is no content: how the answer is made, and with which tools.

use super::{check_finite, check_mime, check_name};
use crate::{
    api::gemini::{GenerationConfig, Schema, Tool, ToolConfig},
    error::Result,
};
use std::fmt::Arguments;

pub(super) fn generation_config(config: &GenerationConfig) -> Result<()> {
    let at = format_args!("generationConfig");
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
    schema(config.response_schema.as_ref(), format_args!("{at}.responseSchema"))
}

fn schema(shape: Option<&Schema>, at: Arguments<'_>) -> Result<()> {
    let Some(shape) = shape else { return Ok(()) };
    check_finite(shape.minimum, format_args!("{at}.minimum"))?;
    check_finite(shape.maximum, format_args!("{at}.maximum"))?;
    schema(shape.items.as_deref(), format_args!("{at}.items"))?;
    for (i, shape) in shape.any_of.iter().enumerate() {
        schema(Some(shape), format_args!("{at}.anyOf[{i}]"))?;
    }
    for (name, property) in &shape.properties {
        schema(Some(property), format_args!("{at}.properties.{name}"))?;
    }
    Ok(())
}

pub(super) fn tool(tool: &Tool, at: Arguments<'_>) -> Result<()> {
    for (i, function) in tool.function_declarations.iter().enumerate() {
        let at = format_args!("{at}.functionDeclarations[{i}]");
        check_name(&function.name, at)?;
        schema(function.parameters.as_ref(), format_args!("{at}.parameters"))?;
        schema(function.response.as_ref(), format_args!("{at}.response"))?;
    }
    let retrieval = tool.google_search_retrieval.as_ref();
    let config = retrieval.and_then(|retrieval| retrieval.dynamic_retrieval_config.as_ref());
    check_finite(
        config.and_then(|config| config.dynamic_threshold),
        format_args!("{at}.googleSearchRetrieval.dynamicRetrievalConfig.dynamicThreshold"),
    )
}

pub(super) fn tool_config(config: &ToolConfig) -> Result<()> {
    let Some(place) = config.retrieval_config.as_ref().and_then(|config| config.lat_lng.as_ref()) else {
        return Ok(());
    };
    let at = format_args!("toolConfig.retrievalConfig.latLng");
    check_finite(place.latitude, format_args!("{at}.latitude"))?;
    check_finite(place.longitude, format_args!("{at}.longitude"))
}
