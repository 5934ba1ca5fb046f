//! Why an answer ended, or there is none.

use crate::api::open_enum::open_enum;

open_enum! {
    /// Why an answer ended: `finishReason`.
    pub enum FinishReason {
        /// `FINISH_REASON_UNSPECIFIED`.
        Unspecified = "FINISH_REASON_UNSPECIFIED",
        /// `STOP`: by itself, or at one of `stopSequences`.
        Stop = "STOP",
        /// `MAX_TOKENS`: at `maxOutputTokens`.
        MaxTokens = "MAX_TOKENS",
        /// `SAFETY`: found harmful.
        Safety = "SAFETY",
        /// `RECITATION`: it recites what it was trained on.
        Recitation = "RECITATION",
        /// `LANGUAGE`: in a language that is not supported.
        Language = "LANGUAGE",
        /// `OTHER`, or unknown to the API.
        Other = "OTHER",
        /// `BLOCKLIST`: a forbidden word.
        Blocklist = "BLOCKLIST",
        /// `PROHIBITED_CONTENT`.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// `SPII`: personal data.
        Spii = "SPII",
        /// `MALFORMED_FUNCTION_CALL`.
        MalformedFunctionCall = "MALFORMED_FUNCTION_CALL",
        /// `UNEXPECTED_TOOL_CALL`: of a tool that the request does not have.
        UnexpectedToolCall = "UNEXPECTED_TOOL_CALL",
        /// `TOO_MANY_TOOL_CALLS`: one after the other.
        TooManyToolCalls = "TOO_MANY_TOOL_CALLS",
        /// `IMAGE_SAFETY`: an image found harmful.
        ImageSafety = "IMAGE_SAFETY",
        /// `IMAGE_PROHIBITED_CONTENT`.
        ImageProhibitedContent = "IMAGE_PROHIBITED_CONTENT",
        /// `IMAGE_RECITATION`.
        ImageRecitation = "IMAGE_RECITATION",
        /// `IMAGE_OTHER`.
        ImageOther = "IMAGE_OTHER",
        /// `NO_IMAGE`: none was made where one was wanted.
        NoImage = "NO_IMAGE",
    }
}

open_enum! {
    /// Why a prompt was blocked: `blockReason`.
    pub enum BlockReason {
        /// `BLOCK_REASON_UNSPECIFIED`.
        Unspecified = "BLOCK_REASON_UNSPECIFIED",
        /// `SAFETY`: found harmful.
        Safety = "SAFETY",
        /// `OTHER`, or unknown to the API.
        Other = "OTHER",
        /// `BLOCKLIST`: a forbidden word.
        Blocklist = "BLOCKLIST",
        /// `PROHIBITED_CONTENT`.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// `IMAGE_SAFETY`: an image found harmful.
        ImageSafety = "IMAGE_SAFETY",
    }
}
