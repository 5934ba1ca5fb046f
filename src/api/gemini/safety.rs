//! Harmful content: from which probability it is blocked, and how content was rated.

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
    /// The probability of harm from which content is blocked: `threshold`.
    pub enum Threshold {
        /// `HARM_BLOCK_THRESHOLD_UNSPECIFIED`: the API's default.
        Unspecified = "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
        /// `BLOCK_LOW_AND_ABOVE`.
        LowAndAbove = "BLOCK_LOW_AND_ABOVE",
        /// `BLOCK_MEDIUM_AND_ABOVE`.
        MediumAndAbove = "BLOCK_MEDIUM_AND_ABOVE",
        /// `BLOCK_ONLY_HIGH`.
        OnlyHigh = "BLOCK_ONLY_HIGH",
        /// `BLOCK_NONE`: content is rated but not blocked.
        None = "BLOCK_NONE",
        /// `OFF`: content is not rated.
        Off = "OFF",
    }
}

object! {
    /// The threshold of one kind of harm: one of `safetySettings`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct SafetySetting {
        /// `category`: the kind of harm. A request has at most one setting for each.
        pub category: Option<HarmCategory>,
        /// `threshold`: the probability from which content is blocked.
        pub threshold: Option<Threshold>,
    }
}

impl SafetySetting {
    /// Creates a setting from a kind of harm and its threshold.
    pub fn new(category: impl Into<HarmCategory>, threshold: impl Into<Threshold>) -> SafetySetting {
        SafetySetting::default().category(category).threshold(threshold)
    }
}

open_enum! {
    /// The probability that content is harmful: `probability`.
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
    /// How harmful a prompt or a response is rated: one of `safetyRatings`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct SafetyRating {
        /// `category`: the kind of harm.
        pub category: Option<HarmCategory>,
        /// `probability`: the probability of harm.
        pub probability: Option<HarmProbability>,
        /// `blocked`: whether the content was blocked because of this rating.
        pub blocked: Option<bool>,
    }
}
