//! What is blocked as harmful, and what was.

use crate::api::{object::object, open_enum::open_enum};

open_enum! {
    /// A kind of harm: `category`.
    pub enum HarmCategory {
        /// `HARM_CATEGORY_UNSPECIFIED`.
        Unspecified = "HARM_CATEGORY_UNSPECIFIED",
        /// `HARM_CATEGORY_HARASSMENT`.
        Harassment = "HARM_CATEGORY_HARASSMENT",
        /// `HARM_CATEGORY_HATE_SPEECH`.
        HateSpeech = "HARM_CATEGORY_HATE_SPEECH",
        /// `HARM_CATEGORY_SEXUALLY_EXPLICIT`.
        SexuallyExplicit = "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        /// `HARM_CATEGORY_DANGEROUS_CONTENT`.
        DangerousContent = "HARM_CATEGORY_DANGEROUS_CONTENT",
        /// `HARM_CATEGORY_CIVIC_INTEGRITY`.
        CivicIntegrity = "HARM_CATEGORY_CIVIC_INTEGRITY",
    }
}

open_enum! {
    /// From which probability of harm on content is blocked: `threshold`.
    pub enum Threshold {
        /// `HARM_BLOCK_THRESHOLD_UNSPECIFIED`: the API's default.
        Unspecified = "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
        /// `BLOCK_LOW_AND_ABOVE`.
        LowAndAbove = "BLOCK_LOW_AND_ABOVE",
        /// `BLOCK_MEDIUM_AND_ABOVE`.
        MediumAndAbove = "BLOCK_MEDIUM_AND_ABOVE",
        /// `BLOCK_ONLY_HIGH`.
        OnlyHigh = "BLOCK_ONLY_HIGH",
        /// `BLOCK_NONE`: rated, and not blocked.
        None = "BLOCK_NONE",
        /// `OFF`: not even rated.
        Off = "OFF",
    }
}

object! {
    /// From where on one kind of harm is blocked: one of `safetySettings`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct SafetySetting {
        /// `category`: at most one setting for each.
        pub category: Option<HarmCategory>,
        /// `threshold`: from which probability on.
        pub threshold: Option<Threshold>,
    }
}

impl SafetySetting {
    /// A kind of harm, and from where on it is blocked.
    pub fn new(category: impl Into<HarmCategory>, threshold: impl Into<Threshold>) -> SafetySetting {
        SafetySetting {
            category: Some(category.into()),
            threshold: Some(threshold.into()),
            ..SafetySetting::default()
        }
    }
}

open_enum! {
    /// How likely content is harmful: `probability`.
    pub enum HarmProbability {
        /// `HARM_PROBABILITY_UNSPECIFIED`.
        Unspecified = "HARM_PROBABILITY_UNSPECIFIED",
        /// `NEGLIGIBLE`.
        Negligible = "NEGLIGIBLE",
        /// `LOW`.
        Low = "LOW",
        /// `MEDIUM`.
        Medium = "MEDIUM",
        /// `HIGH`.
        High = "HIGH",
    }
}

object! {
    /// How harmful a prompt or an answer is found: one of `safetyRatings`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct SafetyRating {
        /// `category`: the kind of harm.
        pub category: Option<HarmCategory>,
        /// `probability`: how likely it is harmful.
        pub probability: Option<HarmProbability>,
        /// `blocked`: whether it was blocked for this.
        pub blocked: Option<bool>,
    }
}
